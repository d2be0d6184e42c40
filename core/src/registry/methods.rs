//! The table of registry methods. The methods of the bindings are generated from it.

use std::sync::Arc;

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::config::call_options::CallOptions;
use crate::error::{Code, Error, Result};
use crate::protocol::methods::MethodSpec;
use crate::protocol::param_spec::{ParamSpec, optional, required};
use crate::registry::config::{RegistryConfig, RegistryContext};
use crate::registry::pager::Pager;
use crate::registry::{gaia, sema4};
use crate::retry::prepared::PreparedRequest;
use crate::util::environment::Environment;

const ID: ParamSpec = required("id", "string", "Server id.");
const SERVER: ParamSpec = required("server", "ServerRecord", "The record, with the member names of the registry.");
const LIMIT: ParamSpec = optional("limit", "integer", "Maximum number of records per page.");
const NEXT: ParamSpec = optional("next", "string", "Token of the page. Default: the first page.");
const REQUEST: &[ParamSpec] = &[
    required("method", "string", "The HTTP method."),
    required("path", "string", "Path below the base URL."),
    optional("body", "any", "Body, sent as JSON."),
];
const AS_SENT: &str = "The JSON body of the response.";
const RECORD: &str = "The record of the server.";

/// The table of methods of registries.
pub const REGISTRY_METHODS: &[MethodSpec] = &[
    MethodSpec::of_registry(
        "gaia",
        "create",
        "Creates a server. After an ambiguous failure, the server is looked up by name.",
    )
    .params(&[SERVER])
    .returns("ServerRecord", "The response of the registry."),
    MethodSpec::of_registry("gaia", "list", "Lists the servers of a project.")
        .params(&[required("project_id", "string", "Project id.")])
        .returns("ServerRecord[]", "The records of the servers."),
    MethodSpec::of_registry("gaia", "request", "Sends a request to a path below the base URL.")
        .params(REQUEST)
        .returns("any", AS_SENT),
    MethodSpec::of_registry("gaia", "close", "Closes the client; further calls are refused.").without_options(),
    MethodSpec::of_registry("sema4", "list", "Iterates over all servers; pages are fetched on demand.")
        .params(&[LIMIT])
        .returns("ServerRecord", "The records of the servers, in order.")
        .iterates(),
    MethodSpec::of_registry("sema4", "list_page", "Lists one page of servers.")
        .params(&[NEXT, LIMIT])
        .returns("ServerPage", "The page: `data`, `next` and `has_more`."),
    MethodSpec::of_registry("sema4", "get", "Gets a server.").params(&[ID]).returns("ServerRecord", RECORD),
    MethodSpec::of_registry("sema4", "create", "Creates a server.").params(&[SERVER]).returns("ServerRecord", RECORD),
    MethodSpec::of_registry("sema4", "update", "Replaces a server.")
        .params(&[ID, SERVER])
        .returns("ServerRecord", RECORD),
    MethodSpec::of_registry("sema4", "delete", "Deletes a server.").params(&[ID]),
    MethodSpec::of_registry("sema4", "request", "Sends a request to a path below the base URL.")
        .params(REQUEST)
        .returns("any", AS_SENT),
    MethodSpec::of_registry("sema4", "close", "Closes the client; further calls are refused.").without_options(),
];

/// A registry's client, of either kind.
#[derive(Debug, Clone)]
pub(crate) enum AnyRegistry {
    Gaia(gaia::GaiaRegistry),
    Sema4(sema4::Sema4Registry),
}

/// The arguments of all methods.
#[derive(Deserialize, Default)]
#[serde(default, deny_unknown_fields)]
struct Arguments {
    project_id: Option<String>,
    id: Option<String>,
    server: Option<Map<String, Value>>,
    next: Option<String>,
    limit: Option<u32>,
    method: Option<String>,
    path: Option<String>,
    body: Option<Value>,
}

impl AnyRegistry {
    pub(crate) fn open(kind: &str, config: &RegistryConfig, variables: Environment<'_>) -> Result<Self> {
        match kind {
            "gaia" => gaia::GaiaRegistry::new_in(config, variables).map(Self::Gaia),
            _ => sema4::Sema4Registry::new_in(config, variables).map(Self::Sema4),
        }
    }

    fn place(&self) -> &RegistryContext {
        match self {
            Self::Gaia(registry) => registry.place(),
            Self::Sema4(registry) => registry.place(),
        }
    }

    /// The kind and the address, without secrets.
    pub(crate) fn description(&self) -> String {
        format!("{:?}", self.place())
    }

    /// The server in messages.
    pub(crate) fn server(&self) -> &Arc<str> {
        &self.place().context.settings.server
    }

    pub(crate) fn close_idle_connections(&self) {
        self.place().context.http.close_unused();
    }

    pub(crate) async fn close(&self) {
        self.place().context.close();
    }

    /// Prepares a method of the table. `params` are its arguments by name, as JSON text.
    pub(crate) fn prepare(&self, name: &str, params: &[u8], options: &CallOptions) -> Result<PreparedRequest> {
        let given = arguments(params)?;
        if name == "request" {
            let method = given.method.as_deref().unwrap_or_default();
            return self.place().prepare_request(
                method,
                given.path.as_deref().unwrap_or_default(),
                given.body,
                options,
            );
        }
        let server =
            || given.server.clone().ok_or_else(|| Error::config(Code::InvalidArgument, "server", "must be an object"));
        let id = || given.id.as_deref().unwrap_or_default();
        match (self, name) {
            (Self::Gaia(registry), "create") => registry.prepare_create(server()?, options),
            (Self::Gaia(registry), "list") => {
                registry.prepare_list(given.project_id.as_deref().unwrap_or_default(), options)
            }
            (Self::Sema4(registry), "list_page") => {
                registry.prepare_page("list_page", given.next.as_deref(), given.limit, options)
            }
            (Self::Sema4(registry), "get") => registry.prepare(Method::GET, Some(id()), None, options),
            (Self::Sema4(registry), "create") => registry.prepare(Method::POST, None, Some(server()?), options),
            (Self::Sema4(registry), "update") => registry.prepare(Method::PUT, Some(id()), Some(server()?), options),
            (Self::Sema4(registry), "delete") => registry.prepare(Method::DELETE, Some(id()), None, options),
            _ => Err(Error::new(Code::Panicked, format!("the table of methods has no {name}"))),
        }
    }

    /// The pages of a list. `params` are the arguments of the method `list`.
    pub(crate) fn pager(&self, params: &[u8], options: &CallOptions) -> Result<Pager> {
        match self {
            Self::Sema4(registry) => registry.pager(arguments(params)?.limit, options),
            Self::Gaia(_) => Err(Error::new(Code::Panicked, "this registry has no pages")),
        }
    }
}

fn arguments(params: &[u8]) -> Result<Arguments> {
    let invalid = |_| {
        let known = ["project_id", "id", "server", "next", "limit", "method", "path"];
        // serde_json does not name the member, so it is searched.
        let object: Map<String, Value> = serde_json::from_slice(params).unwrap_or_default();
        let wrong = known.iter().find(|name| match (object.get(**name), **name) {
            (None | Some(Value::Null), _) => false,
            (Some(value), "server") => !value.is_object(),
            (Some(value), "limit") => value.as_u64().is_none_or(|limit| limit > u64::from(u32::MAX)),
            (Some(value), _) => !value.is_string(),
        });
        let unknown = object.keys().find(|name| !known.contains(&name.as_str()) && *name != "body");
        if let Some(name) = unknown {
            let allowed = "is not an argument; allowed are next and limit";
            return Error::config(Code::InvalidArgument, &crate::util::sanitize::preview(name.as_bytes()), allowed);
        }
        let field = wrong.copied().unwrap_or("params");
        let allowed = match field {
            "server" => "must be an object",
            "limit" => "must be a whole number greater than zero",
            "params" => "must be an object",
            _ => "must be a string",
        };
        Error::config(Code::InvalidArgument, field, allowed)
    };
    if params.is_empty() { Ok(Arguments::default()) } else { serde_json::from_slice(params).map_err(invalid) }
}
