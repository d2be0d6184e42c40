//! The dev server's controls, as steps of a case.

use omni_mcp_devserver::DevServer;
use serde_json::Value;

pub(crate) fn run(control: &Value, server: &DevServer) -> Result<(), String> {
    match control {
        Value::String(word) => match word.as_str() {
            "expire_sessions" => server.expire_sessions(),
            "move_sessions" => server.move_sessions(),
            "drop_streams" => server.drop_streams(),
            "revoke_tokens" => unimplemented!(),
            other => panic!("the runner knows no control {other}"),
        },
        Value::Object(members) => {
            let (name, value) = members.iter().next().ok_or("an empty control")?;
            let text = value.to_string();
            match name.as_str() {
                "script" => server.script_json(&text).map_err(|why| why.to_string())?,
                "push" => drop(server.push_json(&text).map_err(|why| why.to_string())?),
                "wait" => {
                    let met = tokio::task::block_in_place(|| server.wait_json(&text));
                    if !met.map_err(|why| why.to_string())? {
                        return Err(format!("the server waited in vain for {value}"));
                    }
                }
                other => panic!("the runner knows no control {other}"),
            }
        }
        other => panic!("the runner knows no control {other}"),
    }
    Ok(())
}
