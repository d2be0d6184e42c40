//! How a host of skills uses the client (SEP-2640): the files of a skill are read one after another, up to the first
//! one that differs from the list.

use omni_mcp::Client;
use omni_mcp::types::AnyResourceContents;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use crate::{AnyError, text};

/// Loads all skills; the only one is invalid.
pub(crate) async fn refuse(client: &Client, wrong: &str) -> Result<(), AnyError> {
    let listed = client.request("skills/list", json!({})).await?;
    for skill in listed["skills"].as_array().ok_or("no skills")? {
        let outcome = load(client, skill).await?;
        // The suite checks which files were read, not the errors.
        if outcome != Err(wrong) {
            return Err(format!("not refused for its {wrong}, but {outcome:?}").into());
        }
    }
    Ok(())
}

/// Reads the files of a skill. The inner error states why it is refused.
async fn load(client: &Client, skill: &Value) -> Result<Result<(), &'static str>, AnyError> {
    for file in skill["resources"].as_array().ok_or("no resources")? {
        let read = client.read_resource(text(&file["uri"])).await?;
        let Some(AnyResourceContents::Text(content)) = read.contents.first() else { return Ok(Err("no text")) };
        let content = &*content.text;
        if file["size"] != content.len() {
            return Ok(Err("size"));
        }
        if text(&file["digest"]) != format!("sha256:{:x}", Sha256::digest(content)) {
            return Ok(Err("digest"));
        }
        if file["uri"] == skill["uri"] && frontmatter(content) != skill["frontmatter"] {
            return Ok(Err("frontmatter"));
        }
    }
    Ok(Ok(()))
}

/// The lines between the first two lines of three dashes: of YAML, only strings by name.
fn frontmatter(content: &str) -> Value {
    let lines = content.lines().skip(1).take_while(|line| *line != "---");
    let members = lines.filter_map(|line| line.split_once(": "));
    Value::Object(members.map(|(name, value)| (name.to_owned(), value.into())).collect::<Map<_, _>>())
}
