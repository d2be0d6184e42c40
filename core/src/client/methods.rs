//! The methods of the client that send one request or read a list, made from the table of methods.

use bytes::Bytes;
use serde::Serialize;

use crate::client::call::Call;
use crate::client::items::Items;
use crate::client::{Client, MethodCall};
use crate::protocol::serialize::ParamsBuilder;
use crate::protocol::types::{
    CallToolResult, CompleteResult, DiscoverResult, Empty, GetPromptResult, InitializeResult, ListPromptsResult,
    ListResourceTemplatesResult, ListResourcesResult, ListToolsResult, Prompt, ReadResourceResult, Resource,
    ResourceTemplate, Tool,
};

/// The Rust type of an argument.
macro_rules! argument {
    (string required) => { &str };
    (LoggingLevel required) => { &str };
    (string optional) => { Option<&str> };
    ($type:ident $presence:ident) => { impl Serialize };
}

/// The Rust type of a result.
macro_rules! result {
    (object) => {
        Empty
    };
    (any) => {
        Value
    };
    ($type:ident) => {
        $type
    };
}

macro_rules! methods {
    ($($form:ident { $($row:tt)* })*) => {
        #[allow(non_snake_case, reason = "params have the names of the protocol")]
        impl Client {
            $(row! { $form $($row)* })*
        }
    };
}

macro_rules! row {
    (manual $($row:tt)*) => {};
    (list
        $all:ident, $page:ident, $iterator:ident,
        items: $items:literal of $item:ident in $result:ident,
        doc: $doc:literal,
        $($properties:tt)*
    ) => {
        #[doc = concat!("Lists all ", $doc, ", over all pages.")]
        pub fn $all(&self) -> Call<'_, $result> {
            Call::new(self, MethodCall::of(stringify!($all)), Ok(Bytes::from_static(b"{}")))
        }

        #[doc = concat!("Lists one page of ", $doc, ": the first, or the page of a cursor.")]
        pub fn $page(&self, cursor: Option<&str>) -> Call<'_, $result> {
            let call = MethodCall::of(stringify!($page));
            let params = ParamsBuilder::new(call.spec).add(&cursor).build();
            Call::new(self, call, params)
        }

        #[doc = concat!("Iterates over all ", $doc, ", page by page.")]
        pub fn $iterator(&self) -> Items<'_, $item> {
            self.items(stringify!($iterator))
        }
    };
    (method
        $name:ident($($param:ident: $type:ident $presence:ident $param_help:literal),* $(; $($options:tt)*)?)
            -> $result:ident $help:literal,
        doc: $doc:literal,
        $($properties:tt)*
    ) => {
        #[doc = $doc]
        #[doc = ""]
        $(#[doc = concat!("- `", stringify!($param), "`: ", $param_help)])*
        #[doc = ""]
        #[doc = concat!("Result: ", $help)]
        pub fn $name(&self, $($param: argument!($type $presence)),*) -> Call<'_, result!($result)> {
            let call = MethodCall::of(stringify!($name));
            let params = ParamsBuilder::new(call.spec)$(.add(&$param))*.build();
            Call::new(self, call, params)
        }
    };
}

include!("../protocol/method_table.rs");
