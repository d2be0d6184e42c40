use super::*;
use crate::util::spelling::Spelling;

fn resolve(json: &str) -> Result<Settings> {
    ClientConfig::from_json(json, Spelling::Snake)?.resolve(|_| None)
}

fn refusal(json: &str) -> (String, &'static str) {
    let error = resolve(json).unwrap_err();
    (error.info().field.clone().unwrap(), error.code())
}

#[test]
fn defaults_are_those_that_the_table_states() {
    let settings = resolve(r#"{"api_key": "omni_test_1"}"#).unwrap();
    assert_eq!(settings.route.url().unwrap().as_str(), "https://api.omnibrief.app/mcp");
    assert_eq!(settings.handshake_version(), "2025-11-05");
    assert_eq!(settings.timeout, Some(Duration::from_secs(20)));
    assert_eq!(settings.total_timeout, Some(Duration::from_secs(300)));
    assert_eq!(settings.pool_idle_timeout, Duration::from_secs(50));
    assert!(settings.honours_idempotency_keys);
    assert_eq!(settings.connect_timeout, Some(Duration::from_secs(10)));
    assert_eq!(settings.limits.answer.most, 64 << 20);
    let generic = resolve(r#"{"profile": "generic", "endpoint": "https://a.example/mcp"}"#).unwrap();
    assert_eq!(generic.pool_idle_timeout, Duration::from_secs(4));
}

#[test]
fn the_source_of_the_api_key_is_known() {
    let source = |json: &str| {
        let variables = |name: &str| (name == "OMNI_API_KEY").then(|| OsString::from("omni_test_2"));
        ClientConfig::from_json(json, Spelling::Snake).unwrap().resolve(variables).unwrap().api_key_source
    };
    assert_eq!(source(r#"{"api_key": "omni_test_1"}"#).as_deref(), Some("option api_key"));
    assert_eq!(source("{}").as_deref(), Some("variable OMNI_API_KEY"));
    assert_eq!(source(r#"{"auth": {"type": "bearer", "token": "omni_test_1"}}"#), None);
    assert_eq!(source(r#"{"profile": "generic", "endpoint": "https://a.example/mcp"}"#), None);
}

#[test]
fn messages_name_the_origin_or_the_program() {
    for (json, expected) in [
        (r#"{"profile": "generic", "endpoint": "https://A.example:443/mcp/x?key=1"}"#, "https://a.example"),
        (r#"{"profile": "generic", "endpoint": "http://[::1]:8080/mcp", "transport": "sse"}"#, "http://[::1]:8080"),
        (r#"{"command": "/usr/lib/my server", "args": ["--token", "x"]}"#, "my server"),
        (r#"{"command": "npx"}"#, "npx"),
    ] {
        assert_eq!(&*resolve(json).unwrap().server, expected);
    }
}

#[test]
fn only_this_machine_is_loopback() {
    let is = |url: &str| is_loopback(&Url::parse(url).unwrap());
    for url in ["http://localhost:1/", "http://a.localhost/", "http://127.9.9.9/", "http://[::1]/", "http://0x7f.1/"] {
        assert!(is(url), "{url}");
    }
    assert!(is("socks5://127.0.0.1:1080"));
    for url in [
        "http://127.0.0.1.example/",
        "http://localhost.example/",
        "http://notlocalhost/",
        "http://localhost./",
        "http://0.0.0.0/",
        "http://[::]/",
        "http://10.0.0.1/",
        "socks5://127.0.0.1.example:1080",
    ] {
        assert!(!is(url), "{url}");
    }
}

#[test]
fn plain_http_is_refused_wherever_others_could_read_it() {
    let key = r#""api_key": "k""#;
    for (json, field) in [
        (format!(r#"{{{key}, "endpoint": "http://a.example/"}}"#), "endpoint"),
        (format!(r#"{{{key}, "endpoint": "http://127.0.0.1/", "proxy": "http://a.example:3128"}}"#), "proxy"),
        (format!(r#"{{{key}, "endpoint": "http://127.0.0.1/", "proxy": "socks5://a.example:1080"}}"#), "proxy"),
    ] {
        assert_eq!(refusal(&json), (field.to_owned(), "invalid_option"), "{json}");
        assert!(resolve(&json.replace(key, r#""api_key": "k", "allow_http": true"#)).is_ok(), "{json}");
    }
    assert!(resolve(&format!(r#"{{{key}, "endpoint": "https://a.example/", "proxy": "http://b.example:1"}}"#)).is_ok());
}

#[test]
fn the_environment_counts_only_where_the_option_is_absent() {
    let environment = |name: &str| match name {
        "OMNI_API_KEY" => Some("omni_test_env".into()),
        "OMNI_CLIENT_API_BASE_URL" => Some("http://127.0.0.1:9".into()),
        _ => None,
    };
    let settings = ClientConfig::default().resolve(environment).unwrap();
    assert_eq!(settings.route.url().unwrap().as_str(), "http://127.0.0.1:9/mcp");
    let given = ClientConfig::default().base_url("https://example.com/x/");
    assert_eq!(given.resolve(environment).unwrap().route.url().unwrap().as_str(), "https://example.com/x/mcp");
    let whole = ClientConfig::default().base_url("https://example.com/mcp");
    assert_eq!(whole.resolve(environment).unwrap().route.url().unwrap().as_str(), "https://example.com/mcp");
    let generic = ClientConfig::default().profile("generic").resolve(environment).unwrap_err();
    assert_eq!(generic.info().field.as_deref(), Some("endpoint"));
}

#[test]
fn a_process_gets_what_the_given_environment_has() {
    let environment = |name: &str| match name {
        "PATH" => Some("/of/the/caller".into()),
        "OMNI_API_KEY" => Some("none of its business".into()),
        _ => None,
    };
    let settings = ClientConfig::default().command("server").resolve(environment).unwrap();
    let Route::Stdio(program) = settings.route else { panic!("not a process") };
    assert_eq!(program.inherited, [("PATH".to_owned(), OsString::from("/of/the/caller"))]);
}

#[test]
fn bad_options_are_named() {
    let key = r#""api_key": "k""#;
    for (json, field, code) in [
        ("{}".to_owned(), "api_key", "missing_option"),
        (r#"{"api_key": ""}"#.to_owned(), "api_key", "missing_option"),
        (r#"{"api_key": 5}"#.to_owned(), "api_key", "invalid_option"),
        (format!(r#"{{{key}, "base_url": "http://example.com"}}"#), "base_url", "invalid_option"),
        (format!(r#"{{{key}, "base_url": "/mcp"}}"#), "base_url", "invalid_option"),
        (format!(r#"{{{key}, "base_url": "https://u:p@example.com"}}"#), "base_url", "invalid_option"),
        (format!(r#"{{{key}, "endpoint": "ftp://example.com"}}"#), "endpoint", "invalid_option"),
        (format!(r#"{{{key}, "profile": "x"}}"#), "profile", "invalid_option"),
        (format!(r#"{{{key}, "timeout": -1}}"#), "timeout", "invalid_option"),
        (format!(r#"{{{key}, "max_attempts": 0}}"#), "max_attempts", "invalid_option"),
        (format!(r#"{{{key}, "omni_version": "soon"}}"#), "omni_version", "invalid_option"),
        (format!(r#"{{{key}, "headers": {{"authorization": "x"}}}}"#), "headers", "invalid_option"),
        (format!(r#"{{{key}, "retries": 3}}"#), "retries", "unknown_option"),
    ] {
        assert_eq!(refusal(&json), (field.to_owned(), code), "{json}");
    }
}

#[test]
fn none_is_no_deadline() {
    assert_eq!(resolve(r#"{"api_key": "k", "timeout": null}"#).unwrap().timeout, None);
}

#[test]
fn a_config_never_shows_its_secrets() {
    let config = ClientConfig::default()
        .api_key("canary-key")
        .headers(BTreeMap::from([("x-a".to_owned(), Secret::from("canary-header"))]));
    assert!(!format!("{config:?}").contains("canary"));
    assert!(!format!("{:?}", config.resolve(|_| None).unwrap()).contains("canary"));
}

#[test]
fn a_url_in_the_variable_of_the_key_is_refused() {
    let url = |name: &str| (name == "OMNI_API_KEY").then(|| OsString::from("https://mcp.example.com/mcp"));
    let error = ClientConfig::default().resolve(url).unwrap_err();
    assert_eq!(error.info().field.as_deref(), Some("api_key"));
    assert!(error.to_string().starts_with("api_key: the value of OMNI_API_KEY looks like a URL; "), "{error}");
    assert!(!error.to_string().contains("mcp.example.com"));
    let node = ClientConfig { spelling: Spelling::Camel, ..ClientConfig::default() };
    let error = node.resolve(url).unwrap_err();
    assert!(error.to_string().ends_with(" or as endpoint with profile: \"generic\""), "{error}");
}

#[test]
fn the_first_argument_is_a_url_or_a_key() {
    let first = |text: &str| ClientConfig::default().with_first_argument(text).unwrap();
    let url = first("HTTP://localhost:1/mcp").resolve(|_| None).unwrap();
    assert_eq!((&*url.profile.name, url.route.url().unwrap().as_str()), ("generic", "http://localhost:1/mcp"));
    assert!(first("ws://localhost:1/mcp").resolve(|_| None).is_err());
    assert!(matches!(first("k").resolve(|_| None).unwrap().credentials, Credentials::Fixed(..)));
    let twice = first("k").with_first_argument("k").unwrap_err();
    assert_eq!(twice.info().field.as_deref(), Some("api_key"));
    let node = ClientConfig { spelling: Spelling::Camel, ..ClientConfig::default() };
    assert_eq!(node.with_first_argument("k").unwrap_err().info().field.as_deref(), Some("url"));
}
