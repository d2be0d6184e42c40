//! A child process never outlives its client. Needs the program `omni-mcp-devserver`; see `tests/vectors/README.md`.
#![cfg(target_os = "linux")]
#![allow(clippy::unwrap_used)]

use std::path::PathBuf;
use std::time::{Duration, Instant};

use omni_mcp::{Client, Delivery};
use serde_json::json;

fn program() -> String {
    std::env::var("OMNI_MCP_DEVSERVER").unwrap_or_else(|_| {
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../target");
        let target = std::env::var("CARGO_TARGET_DIR").unwrap_or_else(|_| root.to_owned());
        format!("{target}/debug/omni-mcp-devserver")
    })
}

/// A file to which a shell writes a process id.
struct PidFile(PathBuf);

impl PidFile {
    fn new(name: &str) -> Self {
        Self(std::env::temp_dir().join(format!("omni-mcp-{}-{name}.pid", std::process::id())))
    }

    fn pid(&self) -> String {
        std::fs::read_to_string(&self.0).unwrap().trim().to_owned()
    }

    fn is_running(&self) -> bool {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", self.pid())).unwrap_or_default();
        let state = stat.rsplit(')').next().and_then(|rest| rest.trim().chars().next());
        state.is_some_and(|state| state != 'Z')
    }

    async fn ends(&self) -> bool {
        let until = Instant::now() + Duration::from_secs(10);
        while self.is_running() && Instant::now() < until {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
        !self.is_running()
    }
}

impl Drop for PidFile {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.0);
    }
}

/// A client of the dev server behind a shell; `before` runs first, with `$PID` for the path of the file.
fn client(file: &PidFile, before: &str, options: &str) -> Client {
    let script = format!("{before}; exec \"$PROGRAM\" --stdio --options '{options}'")
        .replace("$PID", &file.0.display().to_string());
    let env = [("PROGRAM".to_owned(), program().into())];
    let client = Client::builder().profile("generic").command("sh").args(["-c".into(), script.into()]).env(env);
    client.build().unwrap()
}

#[tokio::test]
async fn close_ends_the_process() {
    let file = PidFile::new("close");
    let client = client(&file, "echo $$ > $PID", "{}");
    client.call_tool("echo", json!({"n": 1})).await.unwrap();
    assert!(file.is_running());
    client.close().await;
    assert!(!file.is_running());
}

#[tokio::test]
async fn a_process_that_does_not_end_is_killed() {
    let file = PidFile::new("stubborn");
    let client = client(&file, "echo $$ > $PID", r#"{"stdio": {"ignore_stdin_end": true, "ignore_term": true}}"#);
    client.connect().await.unwrap();
    client.close().await;
    assert!(!file.is_running());
}

#[tokio::test]
async fn descendants_of_the_process_are_killed() {
    let file = PidFile::new("helper");
    let client = client(&file, "sleep 1000 & echo $! > $PID", "{}");
    client.connect().await.unwrap();
    assert!(file.is_running());
    client.close().await;
    assert!(file.ends().await);
}

#[tokio::test]
async fn a_dropped_client_leaves_no_process() {
    let file = PidFile::new("dropped");
    let client = client(&file, "echo $$ > $PID", "{}");
    client.connect().await.unwrap();
    drop(client);
    assert!(file.ends().await);
}

#[test]
fn a_runtime_ends_its_processes() {
    let file = PidFile::new("runtime");
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let client = client(&file, "echo $$ > $PID", r#"{"stdio": {"ignore_stdin_end": true, "ignore_term": true}}"#);
    runtime.block_on(client.connect().into_future()).unwrap();
    drop(runtime);
    let waiting = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
    assert!(waiting.block_on(file.ends()));
}

#[tokio::test]
async fn a_process_that_fails_the_handshake_is_ended() {
    let file = PidFile::new("garbage");
    let answer = r#"{"kind": "raw_output", "text": "{\"jsonrpc\":\"2.0\",\"id\":$ID,\"result\":[]}\n"}"#;
    let options = format!(r#"{{"faults": [{{"on": {{"method": "initialize"}}, "fault": {answer}}}]}}"#);
    let client = client(&file, "echo $$ > $PID", &options);
    let error = client.connect().await.unwrap_err();
    assert_eq!(error.code(), "invalid_answer");
    assert!(file.ends().await);
}

/// Processes that record received messages, the first of them with faults.
struct Processes(PathBuf);

impl Processes {
    /// A client whose first `faulty` processes have this fault rule.
    fn client(name: &str, faulty: u32, rule: &serde_json::Value) -> (Self, Client) {
        let file = std::env::temp_dir().join(format!("omni-mcp-{}-{name}.runs", std::process::id()));
        let good = json!({"stdio": {"ledger": "LEDGER"}});
        let bad = json!({"stdio": {"ledger": "LEDGER"}, "faults": [rule]});
        let script = r#"n=$(($(cat "$F" 2>/dev/null || echo 0) + 1)); echo $n > "$F"
            if [ $n -le "$FAULTY" ]; then O="$BAD"; else O="$GOOD"; fi
            exec "$PROGRAM" --stdio --options "$(printf '%s' "$O" | sed "s|LEDGER|$F.$n|")""#;
        let env = [
            ("PROGRAM".to_owned(), program().into()),
            ("PATH".to_owned(), std::env::var("PATH").unwrap().into()),
            ("F".to_owned(), file.display().to_string().into()),
            ("FAULTY".to_owned(), faulty.to_string().into()),
            ("GOOD".to_owned(), good.to_string().into()),
            ("BAD".to_owned(), bad.to_string().into()),
        ];
        let client = Client::builder().profile("generic").command("sh").args(["-c".into(), script.into()]).env(env);
        let client = client.backoff_initial(Duration::from_millis(1)).timeout(Duration::from_secs(2)).build().unwrap();
        (Self(file), client)
    }

    /// The methods that each process received, in order.
    fn received(&self) -> Vec<Vec<String>> {
        let ledger = |number: u32| std::fs::read_to_string(format!("{}.{number}", self.0.display())).ok();
        let methods = |ledger: String| {
            let notes = ledger.lines().map(|line| serde_json::from_str::<serde_json::Value>(line).unwrap());
            notes.filter_map(|note| note["received"]["method"].as_str().map(str::to_owned)).collect()
        };
        (1..).map_while(ledger).map(methods).collect()
    }
}

impl Drop for Processes {
    fn drop(&mut self) {
        for number in 1..=9 {
            let _ = std::fs::remove_file(format!("{}.{number}", self.0.display()));
        }
        let _ = std::fs::remove_file(&self.0);
    }
}

/// The points of the handshake at which a process may end.
fn ends_during_the_handshake() -> [(&'static str, serde_json::Value); 4] {
    let end = |text: &str| json!({"kind": "raw_output", "text": text, "then": "fin"});
    [
        ("in-the-probe", json!({"on": {"method": "server/discover"}, "fault": end("")})),
        ("before-the-answer", json!({"on": {"method": "initialize"}, "fault": end("")})),
        ("behind-the-answer", json!({"on": {"method": "initialize"}, "fault": end("$ANSWER\n")})),
        ("at-initialized", json!({"on": {"method": "notifications/initialized"}, "fault": end("")})),
    ]
}

#[tokio::test]
async fn each_process_has_its_own_handshake() {
    for (name, rule) in ends_during_the_handshake() {
        let (processes, client) = Processes::client(name, 1, &rule);
        let called = client.call_tool("echo", json!({"n": 1})).await;
        // The call may already be in the pipe when the client notices that the process has ended.
        let may_have_left = matches!(name, "behind-the-answer" | "at-initialized")
            && called.as_ref().is_err_and(|error| error.delivery() == Delivery::MaybeExecuted);
        assert!(called.is_ok() || may_have_left, "{name}: {called:?}");
        client.call_tool("echo", json!({"n": 2})).await.unwrap();
        client.close().await;
        let received = processes.received();
        assert_eq!(received.len(), 2, "{name}: {received:?}");
        for methods in &received {
            let handshake: Vec<_> = methods.iter().filter(|method| *method != "server/discover").collect();
            assert!(handshake.first().is_none_or(|method| *method == "initialize"), "{name}: {received:?}");
        }
    }
}

#[tokio::test]
async fn a_process_that_always_ends_during_the_handshake_is_not_started_without_end() {
    for (name, rule) in ends_during_the_handshake().into_iter().skip(1) {
        let (processes, client) = Processes::client(&format!("always-{name}"), 9, &rule);
        let error = client.call_tool("echo", json!({"n": 1})).await.unwrap_err();
        client.close().await;
        let received = processes.received();
        assert!(received.len() <= 9, "{name}: {received:?}");
        for methods in &received {
            let first = methods.iter().find(|method| *method != "server/discover");
            assert_eq!(first.map(String::as_str), Some("initialize"), "{name}: {error:?} {received:?}");
        }
    }
}

#[tokio::test]
async fn a_probe_without_response_is_remembered() {
    let rule = json!({"on": {"method": "server/discover"}, "fault": {"kind": "hang"}});
    let (processes, client) = Processes::client("silent", 9, &rule);
    client.call_tool("echo", json!({"n": 1})).await.unwrap();
    assert!(client.call_tool("crash", json!({})).await.is_err());
    client.call_tool("echo", json!({"n": 2})).await.unwrap();
    client.close().await;
    let received = processes.received();
    let probes = received.iter().flatten().filter(|method| *method == "server/discover").count();
    assert_eq!((received.len(), probes), (2, 1), "{received:?}");
}
