//! The result of validating a folder of messages.

use std::collections::BTreeMap;
use std::fmt;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::revision::Revision;

type Failure = Box<dyn std::error::Error + Send + Sync>;

const SHOWN: usize = 20;

/// Counters, and each violation once.
#[derive(Debug, Default)]
pub(crate) struct Report {
    checked: BTreeMap<String, usize>,
    /// Messages before the version is negotiated, and those of revisions without a schema.
    skipped: BTreeMap<String, usize>,
    violations: Vec<(String, usize)>,
}

impl Report {
    /// Reads the `*.jsonl` files of a folder.
    ///
    /// # Errors
    /// If a file cannot be read, a line is not such a message, or a schema is invalid.
    pub(crate) fn of(messages: &Path, schemas: &Path) -> Result<Self, Failure> {
        let mut report = Self::default();
        let mut revisions = BTreeMap::new();
        for path in files(messages)? {
            for (number, line) in fs::read_to_string(&path)?.lines().enumerate() {
                let at = |error: &dyn fmt::Display| format!("{}, line {}: {error}", path.display(), number + 1);
                let line: Value = serde_json::from_str(line).map_err(|error| at(&error))?;
                let Some(version) = line["version"].as_str() else {
                    report.skip("no version");
                    continue;
                };
                if !revisions.contains_key(version) {
                    revisions.insert(version.to_owned(), revision(schemas, version)?);
                }
                match revisions.get_mut(version) {
                    Some(Some(revision)) => report.check(revision, version, &line)?,
                    _ => report.skip(version),
                }
            }
        }
        Ok(report)
    }

    pub(crate) fn is_clean(&self) -> bool {
        self.violations.is_empty()
    }

    fn skip(&mut self, why: &str) {
        *self.skipped.entry(why.to_owned()).or_default() += 1;
    }

    fn check(&mut self, revision: &mut Revision, version: &str, line: &Value) -> Result<(), Failure> {
        *self.checked.entry(version.to_owned()).or_default() += 1;
        let message = &line["message"];
        let what = message["method"].as_str().unwrap_or("response");
        let profile = line["profile"].as_str().unwrap_or("no profile");
        for violation in revision.violations(message)? {
            let violation = format!("{version}, {profile}, {what}: {violation}");
            match self.violations.iter_mut().find(|(known, _)| *known == violation) {
                Some((_, times)) => *times += 1,
                None => self.violations.push((violation, 1)),
            }
        }
        Ok(())
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (version, count) in &self.checked {
            writeln!(f, "{version}: {count} messages checked")?;
        }
        for (why, count) in &self.skipped {
            writeln!(f, "{why}: {count} messages skipped")?;
        }
        for (violation, times) in self.violations.iter().take(SHOWN) {
            writeln!(f, "{violation} ({times} times)")?;
        }
        write!(f, "{} distinct violations", self.violations.len())
    }
}

fn files(folder: &Path) -> Result<Vec<PathBuf>, Failure> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let mut files = entries.map(|entry| Ok(entry?.path())).collect::<Result<Vec<_>, std::io::Error>>()?;
    files.retain(|path| path.extension().is_some_and(|extension| extension == "jsonl"));
    files.sort();
    Ok(files)
}

/// `None` without a schema of the version, which a server chooses freely.
fn revision(schemas: &Path, version: &str) -> Result<Option<Revision>, Failure> {
    if !version.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-') {
        return Ok(None);
    }
    let path = schemas.join(version).join("schema.json");
    if !path.is_file() {
        return Ok(None);
    }
    Revision::new(serde_json::from_slice(&fs::read(path)?)?).map(Some)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn report(name: &str, schemas: &Path, lines: &[Value]) -> Report {
        let folder = std::env::temp_dir().join(format!("omni-mcp-schema-check-{}-{name}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        let text: Vec<_> = lines.iter().map(Value::to_string).collect();
        fs::write(folder.join("one.jsonl"), text.join("\n")).unwrap();
        fs::write(folder.join("readme.txt"), "no messages").unwrap();
        let report = Report::of(&folder, schemas);
        fs::remove_dir_all(&folder).unwrap();
        report.unwrap()
    }

    #[test]
    fn what_cannot_be_judged_is_counted() {
        let message = json!({"jsonrpc": "2.0", "id": 1, "method": "ping"});
        let lines = [
            json!({"version": null, "profile": "generic", "message": message}),
            json!({"version": "2099-01-01", "profile": "generic", "message": message}),
            json!({"version": "../etc", "profile": "generic", "message": message}),
        ];
        let report = report("skipped", Path::new("nowhere"), &lines);
        assert!(report.is_clean());
        assert_eq!(report.skipped.values().sum::<usize>(), 3);
    }

    /// With the published schemas, if available.
    #[test]
    fn published_schemas_refuse_invalid_messages() {
        let Some(schemas) = crate::schemas() else { return };
        let meta = json!({
            "io.modelcontextprotocol/protocolVersion": "2026-07-28",
            "io.modelcontextprotocol/clientInfo": {"name": "n", "version": "1"},
            "io.modelcontextprotocol/clientCapabilities": {}
        });
        let call = |params: Value| json!({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": params});
        let line =
            |version: &str, message: Value| json!({"version": version, "profile": "generic", "message": message});
        let good = [
            line("2024-11-05", json!({"jsonrpc": "2.0", "id": "1", "result": {}})),
            line("2025-03-26", json!({"jsonrpc": "2.0", "id": "1", "method": "ping"})),
            line("2025-06-18", json!({"jsonrpc": "2.0", "id": 1, "error": {"code": -32601, "message": "m"}})),
            line("2025-11-25", call(json!({"name": "a", "arguments": {}}))),
            line("2025-11-25", json!({"jsonrpc": "2.0", "method": "notifications/initialized"})),
            line("2026-07-28", call(json!({"name": "a", "_meta": meta}))),
            line(
                "2026-07-28",
                json!({"jsonrpc": "2.0", "method": "notifications/cancelled", "params": {"requestId": 1}}),
            ),
        ];
        let found = report("good", &schemas, &good);
        assert!(found.is_clean() && found.checked.values().sum::<usize>() == good.len(), "{found}");

        let bad = [
            line("2025-11-25", call(json!({"arguments": {}}))),
            line("2026-07-28", call(json!({"name": "a"}))),
            line("2026-07-28", call(json!({"name": "a"}))),
            line("2025-06-18", json!({"jsonrpc": "2.0", "id": 1.5, "method": "ping"})),
        ];
        let found = report("bad", &schemas, &bad);
        assert_eq!(found.violations.len(), 3, "{found}");
    }
}
