//! Test: the published example documents are read as the types of their names, and written again.

use std::path::PathBuf;

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use crate::protocol::types;

const REVISION: &str = "2026-07-28";

/// The type of a document: by the name of its folder; if the document is an envelope, the type of a part.
macro_rules! by_name {
    ($name:expr, $document:expr, $($kind:ident)*) => {
        match $name {
            $(stringify!($kind) => Some(same::<types::$kind>($document)),)*
            _ => None,
        }
    };
}

#[rustfmt::skip]
fn checked(name: &str, document: &Value) -> Option<Result<(), String>> {
    by_name!(name, document,
        AudioContent BlobResourceContents BooleanSchema CallToolRequestParams CallToolResult CancelledNotification
        CancelledNotificationParams ClientCapabilities CompleteRequestParams CompleteResult CreateMessageRequest
        CreateMessageRequestParams CreateMessageResult DiscoverResult ElicitRequest ElicitRequestFormParams
        ElicitRequestURLParams ElicitResult EmbeddedResource ErrorObject GetPromptRequestParams GetPromptResult ImageContent
        InputRequests InputRequiredResult InputResponses ListPromptsResult ListResourceTemplatesResult ListResourcesResult
        ListRootsRequest ListRootsResult ListToolsResult LoggingMessageNotification LoggingMessageNotificationParams
        ModelPreferences NumberSchema PaginatedRequestParams ProgressNotification ProgressNotificationParams
        PromptListChangedNotification ReadResourceRequestParams ReadResourceResult RequestParams Resource ResourceLink
        ResourceListChangedNotification ResourceUpdatedNotification ResourceUpdatedNotificationParams Root SamplingMessage
        ServerCapabilities ServerNotification StringSchema SubscriptionsAcknowledgedNotification
        SubscriptionsListenRequestParams SubscriptionsListenResult TextContent TextResourceContents
        TitledMultiSelectEnumSchema TitledSingleSelectEnumSchema Tool ToolListChangedNotification ToolResultContent
        ToolUseContent UntitledMultiSelectEnumSchema UntitledSingleSelectEnumSchema
        ContentBlock SamplingMessageContentBlock PrimitiveSchemaDefinition ElicitRequestParams InputRequest InputResponse
        MissingRequiredClientCapabilityErrorData UnsupportedProtocolVersionErrorData
    )
}

fn same<T: DeserializeOwned + Serialize + std::fmt::Debug>(document: &Value) -> Result<(), String> {
    let read: T = serde_json::from_value(document.clone()).map_err(|error| error.to_string())?;
    let shown = format!("{read:?}");
    if shown.contains("Other(") {
        return Err(format!("not all of it is known: {shown}"));
    }
    let written = serde_json::to_value(&read).map_err(|error| error.to_string())?;
    if written == *document { Ok(()) } else { Err(format!("written as {written}")) }
}

/// The types by which a document of the folder `name` is read, each with the part that is read.
fn readings<'a>(name: &str, document: &'a Value) -> Vec<(String, &'a Value)> {
    let mut readings = vec![(name.to_owned(), document)];
    if let Some(result) = name.strip_suffix("Response") {
        readings = vec![(result.to_owned(), &document["result"])];
    } else if let Some(params) = document.get("params").filter(|_| name.ends_with("Request")) {
        let of_its_own = match name {
            "DiscoverRequest" => "RequestParams".to_owned(),
            _ if name.starts_with("List") => "PaginatedRequestParams".to_owned(),
            _ => format!("{name}Params"),
        };
        readings.push((of_its_own, params));
    } else if name.ends_with("Error") {
        let error = document.get("error").unwrap_or(document);
        readings = vec![("ErrorObject".to_owned(), error)];
        readings.extend(error.get("data").map(|data| (format!("{name}Data"), data)));
    }
    // Documents are also valid for the unions that contain their type.
    let unions: &[&str] = match name {
        "TextContent" | "ImageContent" | "AudioContent" => &["ContentBlock", "SamplingMessageContentBlock"],
        "ResourceLink" | "EmbeddedResource" => &["ContentBlock"],
        "ToolUseContent" | "ToolResultContent" => &["SamplingMessageContentBlock"],
        "CreateMessageRequest" | "ListRootsRequest" | "ElicitRequest" => &["InputRequest"],
        "CreateMessageResult" | "ListRootsResult" | "ElicitResult" => &["InputResponse"],
        "ElicitRequestFormParams" | "ElicitRequestURLParams" => &["ElicitRequestParams"],
        _ if name.ends_with("Schema") => &["PrimitiveSchemaDefinition"],
        // Not sent by a server.
        _ if name.ends_with("Notification") => &["ServerNotification"],
        _ => &[],
    };
    readings.extend(unions.iter().map(|union| ((*union).to_owned(), document)));
    readings
}

#[test]
#[allow(clippy::print_stderr)]
fn published_examples_are_read_and_written_again() {
    let folder = std::env::var_os("MCP_SCHEMAS").map(|folder| PathBuf::from(folder).join(REVISION).join("examples"));
    let Some(folder) = folder.filter(|folder| folder.is_dir()) else {
        eprintln!("not run: MCP_SCHEMAS names no folder of schemas with examples");
        return;
    };
    let mut wrong = Vec::new();
    let (mut documents, mut unread) = (0, Vec::new());
    for kind in std::fs::read_dir(folder).unwrap() {
        let kind = kind.unwrap();
        let name = kind.file_name().into_string().unwrap();
        for file in std::fs::read_dir(kind.path()).unwrap() {
            let path = file.unwrap().path();
            let document: Value = serde_json::from_slice(&std::fs::read(&path).unwrap()).unwrap();
            let mut is_read = false;
            for (kind, part) in readings(&name, &document) {
                let outcome = checked(&kind, part);
                is_read |= outcome.is_some();
                wrong.extend(outcome.and_then(Result::err).map(|error| format!("{}: {kind}: {error}", path.display())));
            }
            documents += 1;
            if !is_read {
                unread.push(path);
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(documents > 0 && unread.is_empty(), "of {documents}, without a type: {unread:?}");
}
