//! The dev server's controls, as steps of a case.

use std::time::Duration;

use omni_mcp_devserver::DevServer;
use serde_json::Value;

pub(crate) async fn run(control: &Value, server: &DevServer) -> Result<(), String> {
    match control {
        Value::String(word) => match word.as_str() {
            "expire_sessions" => server.expire_sessions(),
            "move_sessions" => server.move_sessions(),
            "drop_streams" => server.drop_streams(),
            "restart" => server.restart(Duration::ZERO),
            "revoke_tokens" => server.revoke_tokens(),
            other => panic!("the runner knows no control {other}"),
        },
        Value::Object(members) => {
            let (name, value) = members.iter().next().ok_or("an empty control")?;
            let text = value.to_string();
            match name.as_str() {
                "script" => server.script_json(&text).map_err(|why| why.to_string())?,
                "push" => drop(server.push_json(&text).map_err(|why| why.to_string())?),
                "wait" => wait(value, server).await?,
                other => panic!("the runner knows no control {other}"),
            }
        }
        other => panic!("the runner knows no control {other}"),
    }
    Ok(())
}

/// Looks again and again: the client's own tasks run on this thread, which the server's wait would block.
async fn wait(condition: &Value, server: &DevServer) -> Result<(), String> {
    let mut now = condition.clone();
    now["timeout_ms"] = Value::from(0);
    let met = async {
        while !server.wait_json(&now.to_string()).map_err(|why| why.to_string())? {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        Ok(())
    };
    let timed_out = |_| Err(format!("timed out: the server waited for {condition}"));
    tokio::time::timeout(Duration::from_secs(5), met).await.unwrap_or_else(timed_out)
}
