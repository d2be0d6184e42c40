//! The methods of the registries, by their names.

use omni_mcp::registry::Record;
use serde_json::{Value, json};

use super::Outcome;
use super::case_client::AnyRegistry;

pub(crate) async fn call(step: &Value, registry: &AnyRegistry) -> Outcome {
    let args = &step["args"];
    let argument = |name: &str| args[name].as_str().unwrap_or_default();
    let server = || -> Record { serde_json::from_value(args["server"].clone()).unwrap_or_default() };
    let limit = args["limit"].as_u64().and_then(|limit| u32::try_from(limit).ok());
    let body = args.get("body").cloned();
    let result = match (registry, step["call"].as_str().unwrap_or_default()) {
        (AnyRegistry::Gaia(gaia), "create") => json!(gaia.create(&server()).await?),
        (AnyRegistry::Gaia(gaia), "list") => json!(gaia.list(argument("project_id")).await?),
        (AnyRegistry::Gaia(gaia), "request") => gaia.request(argument("method"), argument("path"), body).await?,
        (AnyRegistry::Sema4(sema4), "list") => {
            let pages = sema4.list(limit)?;
            let mut all = Vec::new();
            while let Some(page) = pages.next().await? {
                all.extend(page);
            }
            json!(all)
        }
        (AnyRegistry::Sema4(sema4), "list_page") => {
            let page = sema4.list_page(args["next"].as_str(), limit).await?;
            json!({"data": page.data, "next": page.next, "has_more": page.has_more})
        }
        (AnyRegistry::Sema4(sema4), "get") => json!(sema4.get(argument("id")).await?),
        (AnyRegistry::Sema4(sema4), "create") => json!(sema4.create(&server()).await?),
        (AnyRegistry::Sema4(sema4), "update") => json!(sema4.update(argument("id"), &server()).await?),
        (AnyRegistry::Sema4(sema4), "delete") => json!(sema4.delete(argument("id")).await?),
        (AnyRegistry::Sema4(sema4), "request") => sema4.request(argument("method"), argument("path"), body).await?,
        (AnyRegistry::Gaia(gaia), "close") => json!(gaia.close().await),
        (AnyRegistry::Sema4(sema4), "close") => json!(sema4.close().await),
        (_, other) => panic!("the runner knows no method {other} of this registry"),
    };
    Ok((result, Value::Null))
}
