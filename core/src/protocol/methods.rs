//! Methods and properties of clients. The methods of the bindings are generated from `METHODS`.

use serde::Serialize;

use crate::protocol::param_spec::{ParamSpec, ResultSpec, optional, required};
use crate::protocol::safety::Safety;

/// One method of a client, of a server or of a registry.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct MethodSpec {
    /// The name in snake case (Python); camel case in Node.
    pub name: &'static str,
    /// The registry, `gaia` or `sema4`; `None` for methods of MCP clients.
    pub registry: Option<&'static str>,
    /// The protocol method, if there is exactly one.
    pub protocol: Option<ProtocolMethod>,
    /// How it is called.
    pub kind: MethodKind,
    /// The member of the result that contains the list, for methods that read all pages.
    pub pages: Option<&'static str>,
    /// Whether it is an iterator over items that fetches pages on demand.
    pub iterates: bool,
    /// The parameters, in order, before the options of the call.
    pub params: &'static [ParamSpec],
    /// The result, if any.
    pub result: Option<ResultSpec>,
    /// Whether it takes the options of a call.
    pub options: bool,
    /// Description.
    pub help: &'static str,
}

/// How a method is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum MethodKind {
    /// Opens the session, if needed.
    Connect,
    /// Opens the session, if needed, and returns the result of the handshake.
    Initialize,
    /// As the era of the server requires: by a request, or by other means.
    ByEra,
    /// One request.
    Request,
    /// A list over all pages, or an iterator over it.
    AllPages,
    /// One request, whose method is a parameter.
    AnyRequest,
    /// One notification, whose method is a parameter.
    Notify,
    /// Closes the client.
    Close,
    /// A method of a registry.
    Registry,
}

/// One method of the protocol.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct ProtocolMethod {
    /// The name of the method.
    pub name: &'static str,
    /// Whether a request may be sent twice: the method only reads, or is idempotent.
    pub is_safe: bool,
    /// Whether requests have an idempotency key.
    pub is_keyed: bool,
    /// Whether results may be cached (specification 2026-07-28, server/utilities/caching).
    pub is_cacheable: bool,
    /// The notification that invalidates cached results.
    pub invalidated_by: Option<&'static str>,
    /// Whether a result may request input (specification 2026-07-28, basic/patterns/mrtr).
    pub requests_input: bool,
    /// The member of the params that is sent in the header `Mcp-Name`.
    pub named_by: Option<&'static str>,
    /// The member of the result that must be a list.
    pub list: Option<&'static str>,
    /// Whether the result contains nothing: any result is an acknowledgement.
    pub has_empty_result: bool,
}

impl ProtocolMethod {
    const fn safe(self) -> Self {
        Self { is_safe: true, ..self }
    }

    const fn keyed(self) -> Self {
        Self { is_keyed: true, ..self }
    }

    const fn cacheable(self) -> Self {
        Self { is_cacheable: true, ..self }
    }

    const fn invalidated_by(self, notification: &'static str) -> Self {
        Self { invalidated_by: Some(notification), ..self }
    }

    const fn requests_input(self) -> Self {
        Self { requests_input: true, ..self }
    }

    const fn named_by(self, member: &'static str) -> Self {
        Self { named_by: Some(member), ..self }
    }

    const fn list(self, member: &'static str) -> Self {
        Self { list: Some(member), ..self }
    }

    const fn empty_result(self) -> Self {
        Self { has_empty_result: true, ..self }
    }
}

const fn protocol(name: &'static str) -> ProtocolMethod {
    ProtocolMethod {
        name,
        is_safe: false,
        is_keyed: false,
        is_cacheable: false,
        invalidated_by: None,
        requests_input: false,
        named_by: None,
        list: None,
        has_empty_result: false,
    }
}

const CURSOR: &[ParamSpec] = &[optional("cursor", "string", "Cursor of the page. Default: the first page.")];

/// Protocol methods that no method of the client has: only the client itself sends them, or `request`.
const WITHOUT_CLIENT_METHOD: &[ProtocolMethod] = &[protocol("subscriptions/listen").safe()];

impl MethodSpec {
    const fn new(name: &'static str, protocol: Option<ProtocolMethod>, kind: MethodKind, help: &'static str) -> Self {
        let options = !matches!(kind, MethodKind::Notify | MethodKind::Close);
        let (registry, pages, params, result) = (None, None, &[], None);
        Self { name, registry, protocol, kind, pages, iterates: false, params, result, options, help }
    }

    pub(crate) const fn of_registry(registry: &'static str, name: &'static str, help: &'static str) -> Self {
        Self { registry: Some(registry), ..Self::new(name, None, MethodKind::Registry, help) }
    }

    /// The three methods of a list: all pages, one page, an iterator.
    const fn of_list(
        names: [&'static str; 3],
        help: [&'static str; 3],
        protocol: ProtocolMethod,
        types: [&'static str; 2],
        items: &'static str,
    ) -> [Self; 3] {
        let protocol = protocol.list(items);
        let [all, page, iterator] = names;
        let [help_all, help_page, help_iterator] = help;
        let [result, item] = types;
        [
            Self { pages: Some(items), ..Self::new(all, Some(protocol), MethodKind::AllPages, help_all) }
                .returns(result, "One result with the items of all pages."),
            Self::new(page, Some(protocol), MethodKind::Request, help_page)
                .params(CURSOR)
                .returns(result, "The page, with `nextCursor` if another page follows."),
            Self { pages: Some(items), ..Self::new(iterator, Some(protocol), MethodKind::AllPages, help_iterator) }
                .returns(item, "The items, in order.")
                .iterates(),
        ]
    }

    pub(crate) const fn params(self, params: &'static [ParamSpec]) -> Self {
        Self { params, ..self }
    }

    pub(crate) const fn returns(self, gives: &'static str, help: &'static str) -> Self {
        Self { result: Some(ResultSpec { gives, help }), ..self }
    }

    pub(crate) const fn iterates(self) -> Self {
        Self { iterates: true, ..self }
    }

    pub(crate) const fn without_options(self) -> Self {
        Self { options: false, ..self }
    }

    /// The name of the protocol method; empty if the method has none.
    pub(crate) fn protocol_name(&self) -> &'static str {
        self.protocol.map_or("", |protocol| protocol.name)
    }

    /// The name of the params in errors: `arguments` for methods that have arguments.
    pub(crate) fn field(&self) -> &'static str {
        if self.params.iter().any(|param| param.name == "arguments") { "arguments" } else { "params" }
    }
}

macro_rules! methods {
    ($($form:ident { $($row:tt)* })*) => {
        const ROWS: &[&[MethodSpec]] = &[$(&row!($form $($row)*)),*];
    };
}

macro_rules! row {
    (list
        $all:ident, $page:ident, $iterator:ident,
        items: $items:literal of $item:ident in $result:ident,
        doc: $doc:literal,
        protocol: $protocol:expr,
    ) => {
        MethodSpec::of_list(
            [stringify!($all), stringify!($page), stringify!($iterator)],
            [
                concat!("Lists all ", $doc, ", over all pages."),
                concat!("Lists one page of ", $doc, "."),
                concat!("Iterates over all ", $doc, "; pages are fetched on demand."),
            ],
            $protocol,
            [stringify!($result), stringify!($item)],
            $items,
        )
    };
    (method $name:ident($($params:tt)*) -> $result:ident $help:literal, doc: $doc:literal, protocol: $protocol:expr,) => {
        row!(method $name($($params)*) -> $result $help, doc: $doc, protocol: $protocol, kind: Request,)
    };
    (method $name:ident($($params:tt)*) -> $result:ident $help:literal, doc: $doc:literal, protocol: $protocol:expr,
        kind: $kind:ident,) => {
        row!(manual $name($($params)*) -> $result $help, doc: $doc, protocol: Some($protocol), kind: $kind,)
    };
    (manual
        $name:ident($($param:ident: $type:ident $presence:ident $param_help:literal),*
            $(; $($option:ident: $option_type:ident $option_presence:ident $option_help:literal),*)?)
            $(-> $result:ident $help:literal)?,
        doc: $doc:literal,
        protocol: $protocol:expr,
        kind: $kind:ident,
    ) => {
        [MethodSpec::new(stringify!($name), $protocol, MethodKind::$kind, $doc)
            .params(&[
                $($presence(stringify!($param), stringify!($type), $param_help),)*
                $($($option_presence(stringify!($option), stringify!($option_type), $option_help),)*)?
            ])
            $(.returns(stringify!($result), $help))?]
    };
}

include!("method_table.rs");

const COUNT: usize = {
    let (mut count, mut row) = (0, 0);
    while row < ROWS.len() {
        count += ROWS[row].len();
        row += 1;
    }
    count
};

/// The table of methods.
pub const METHODS: &[MethodSpec] = &{
    let mut methods = [ROWS[0][0]; COUNT];
    let (mut at, mut row) = (0, 0);
    while row < ROWS.len() {
        let mut of_row = 0;
        while of_row < ROWS[row].len() {
            methods[at] = ROWS[row][of_row];
            at += 1;
            of_row += 1;
        }
        row += 1;
    }
    methods
};

/// One property of a client.
#[derive(Debug, Clone, Copy, Serialize)]
pub struct PropertySpec {
    /// The name in snake case (Python); camel case in Node.
    pub name: &'static str,
    /// The member of the `initialize` or `server/discover` result; `None` for local properties.
    pub member: Option<&'static str>,
    /// The type of its values, as [`ParamSpec`] has types, `State` or `Counters`.
    #[serde(rename = "type")]
    pub gives: &'static str,
    /// Description.
    pub help: &'static str,
}

/// The table of properties. Properties from the server are empty until connected.
pub const PROPERTIES: &[PropertySpec] = &[
    PropertySpec {
        name: "server_info",
        member: Some("serverInfo"),
        gives: "Implementation",
        help: "The server's name, version and title.",
    },
    PropertySpec {
        name: "server_capabilities",
        member: Some("capabilities"),
        gives: "object",
        help: "The server's capabilities.",
    },
    PropertySpec {
        name: "protocol_version",
        member: Some("protocolVersion"),
        gives: "string",
        help: "The protocol version of the session.",
    },
    PropertySpec {
        name: "instructions",
        member: Some("instructions"),
        gives: "string",
        help: "The server's instructions for a model.",
    },
    PropertySpec {
        name: "state",
        member: None,
        gives: "State",
        help: "The connection state: idle, connecting, ready, recovering or closed.",
    },
    PropertySpec {
        name: "counters",
        member: None,
        gives: "Counters",
        help: "The activity of the client since its creation.",
    },
];

pub(crate) const SUBSCRIBE: &str = "resources/subscribe";
pub(crate) const UNSUBSCRIBE: &str = "resources/unsubscribe";
pub(crate) const PING: &str = "ping";
pub(crate) const RESOURCES_READ: &str = "resources/read";
pub(crate) const SET_LEVEL: &str = "logging/setLevel";
pub(crate) const DISCOVER: &str = "server/discover";
pub(crate) const INITIALIZE: &str = "initialize";
/// The method that lists tools.
pub(crate) const TOOLS_LIST: &str = "tools/list";
/// The only method with idempotency keys.
pub(crate) const TOOLS_CALL: &str = "tools/call";

/// The row of a client method. `None` if there is no such method.
pub(crate) fn method(name: &str) -> Option<&'static MethodSpec> {
    METHODS.iter().find(|spec| spec.name == name)
}

/// The known methods of the protocol. A method can occur several times.
pub(crate) fn protocol_methods() -> impl Iterator<Item = &'static ProtocolMethod> {
    METHODS.iter().filter_map(|spec| spec.protocol.as_ref()).chain(WITHOUT_CLIENT_METHOD)
}

/// A method of the protocol. `None` for methods that the table does not contain.
pub(crate) fn protocol_method(name: &str) -> Option<&'static ProtocolMethod> {
    protocol_methods().find(|method| method.name == name)
}

/// Safety of repeating a request.
pub(crate) fn safety(method: &str, has_honoured_key: bool) -> Safety {
    match protocol_method(method) {
        Some(known) if known.is_safe => Safety::Safe,
        Some(known) if known.is_keyed && has_honoured_key => Safety::Keyed,
        _ => Safety::Plain,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_of_one_protocol_method_agree() {
        for row in protocol_methods() {
            let found = protocol_method(row.name).unwrap();
            assert_eq!(format!("{found:?}"), format!("{row:?}"));
        }
    }

    #[test]
    fn names_of_params_are_those_of_the_protocol() {
        let params: Vec<_> = method("complete").unwrap().params.iter().map(|param| param.name).collect();
        assert_eq!(params, ["ref", "argument", "context"]);
    }
}
