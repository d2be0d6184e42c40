//! The methods of the client by their names, from the table of methods.

use std::sync::{Arc, Mutex};

use futures_util::{Stream, TryStreamExt};
use omni_mcp::{Call, CallOptions, Client, Error, Reply, Spelling};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};

use super::Outcome;
use super::arguments::Special;

type Received = Option<Arc<Mutex<Vec<Value>>>>;

/// Makes the call of a step.
pub(crate) async fn call(step: &Value, client: &Client, received: Received) -> Outcome {
    let args = step.get("args").cloned().unwrap_or_else(|| json!({}));
    let options = step.get("options").map(Value::to_string).unwrap_or_default();
    let options = CallOptions::from_json(&options, Spelling::Snake)?;
    let mut view = None;
    for options in step["with_options"].as_array().into_iter().flatten() {
        let options = CallOptions::from_json(&options.to_string(), Spelling::Snake)?;
        view = Some(view.as_ref().unwrap_or(client).with_options(options)?);
    }
    let client = view.as_ref().unwrap_or(client);
    match step["call"].as_str().unwrap_or_default() {
        "connect" => finish(client.connect(), options, received).await.map(result),
        "request" => {
            let call = client.request(string(&args, "method"), object(&args, "params"));
            finish(call, options, received).await.map(result)
        }
        "notify" => {
            let sent = client.notify(string(&args, "method"), object(&args, "params")).await;
            sent.map(|()| (Value::Null, Value::Null))
        }
        "close" => {
            client.close().await;
            Ok((Value::Null, Value::Null))
        }
        name => from_table(name, client, &args, options, received).await,
    }
}

macro_rules! methods {
    ($($form:ident { $($row:tt)* })*) => {
        async fn from_table(
            name: &str,
            client: &Client,
            args: &Value,
            options: CallOptions,
            received: Received,
        ) -> Outcome {
            $(row! { (name, client, args, options, received) $form $($row)* })*
            panic!("the runner knows no method {name}")
        }
    };
}

macro_rules! row {
    ($context:tt manual $($row:tt)*) => {};
    (($called:ident, $client:ident, $args:ident, $options:ident, $received:ident) list
        $all:ident, $page:ident, $iterator:ident,
        $($properties:tt)*
    ) => {
        if $called == stringify!($all) {
            return finish($client.$all(), $options, $received).await.map(result);
        }
        if $called == stringify!($page) {
            return finish($client.$page($args["cursor"].as_str()), $options, $received).await.map(result);
        }
        if $called == stringify!($iterator) {
            return items($client.$iterator()).await;
        }
    };
    (($called:ident, $client:ident, $args:ident, $options:ident, $received:ident) method
        $name:ident($($param:ident: $type:ident $presence:ident $param_help:literal),* $(; $($keyed:tt)*)?)
            -> $result:ident $($properties:tt)*
    ) => {
        if $called == stringify!($name) {
            let call = $client.$name($(argument!($args, $param: $type $presence)),*);
            return finish(call, $options, $received).await.map(convert!($result));
        }
    };
}

/// An argument of a step, in the type of the client's method.
macro_rules! argument {
    ($args:ident, $param:ident: string required) => {
        string($args, stringify!($param))
    };
    ($args:ident, $param:ident: LoggingLevel required) => {
        string($args, stringify!($param))
    };
    ($args:ident, $param:ident: string optional) => {
        $args[stringify!($param)].as_str()
    };
    ($args:ident, $param:ident: object optional) => {
        object($args, stringify!($param))
    };
    ($args:ident, $param:ident: strings optional) => {
        object($args, stringify!($param))
    };
    ($args:ident, $param:ident: $type:ident $presence:ident) => {
        &$args[stringify!($param).trim_start_matches("r#")]
    };
}

macro_rules! convert {
    (object) => {
        empty
    };
    ($result:ident) => {
        result
    };
}

include!("../../src/protocol/method_table.rs");

async fn finish<T: DeserializeOwned>(
    mut call: Call<'_, T>,
    options: CallOptions,
    received: Received,
) -> Result<Reply<T>, Error> {
    call = call.options(options);
    if let Some(received) = received {
        call = call.on_progress(move |progress| received.lock().unwrap().push(json!(progress)));
    }
    call.await
}

fn string<'a>(args: &'a Value, name: &str) -> &'a str {
    args[name].as_str().unwrap_or_default()
}

fn object(args: &Value, name: &str) -> Special {
    Special(args.get(name).cloned().unwrap_or_else(|| Value::Object(Map::new())))
}

/// All items of a list that is read page by page.
async fn items<T: Serialize>(items: impl Stream<Item = Result<T, Error>>) -> Outcome {
    let items: Vec<T> = items.try_collect().await?;
    Ok((json!(items), Value::Null))
}

fn empty<T>(reply: Reply<T>) -> (Value, Value) {
    (json!({}), json!(reply.metadata()))
}

fn result<T: Serialize>(reply: Reply<T>) -> (Value, Value) {
    (json!(reply.value), json!(reply.metadata()))
}
