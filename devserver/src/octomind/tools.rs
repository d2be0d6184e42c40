//! The tools and resources of the Octomind service, and sample values for their results.

use std::sync::Arc;

use serde_json::{Map, Value, json};

use crate::tools::{Failed, Kind, Tool, failure, tool};

/// Annotations of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Nature {
    Reads,
    Writes,
    Deletes,
}
use Nature::{Deletes, Reads, Writes};

/// One tool of the service.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Spec {
    name: &'static str,
    about: &'static str,
    nature: Nature,
    /// Required arguments, as text.
    needs: &'static [&'static str],
    /// Optional arguments.
    takes: &'static [&'static str],
    summary: &'static str,
}

const fn spec(
    name: &'static str,
    nature: Nature,
    needs: &'static [&'static str],
    takes: &'static [&'static str],
    about: &'static str,
    summary: &'static str,
) -> Spec {
    Spec { name, about, nature, needs, takes, summary }
}

const TARGET: &str = "testTargetId";

#[rustfmt::skip]
static SPECS: &[Spec] = &[
    spec("search", Reads, &["query"], &[], "Searches the documentation.", "Found 1 result"),
    spec("getTestCase", Reads, &[TARGET, "testCaseId"], &[], "Gives one test case.", "Retrieved the test case"),
    spec("getTestCases", Reads, &[TARGET], &["filter"], "Gives the test cases of a target.", "Retrieved 1 test case"),
    spec("updateTestCase", Writes, &[TARGET, "testCaseId"], &["description", "runStatus", "entryPointUrlPath"], "Changes a test case.", "Updated the test case"),
    spec("updateTestCaseElement", Writes, &[TARGET, "testCaseId", "elementId"], &["locatorLine"], "Changes the locator of a test case's element.", "Updated the element"),
    spec("executeTests", Writes, &[TARGET], &["url", "environmentName", "tags"], "Runs the tests of a target.", "Started the tests"),
    spec("getEnvironments", Reads, &[TARGET], &[], "Gives the environments of a target.", "Retrieved 1 environment"),
    spec("createEnvironment", Writes, &[TARGET, "name", "discoveryUrl"], &["privateLocationName"], "Creates an environment.", "Created the environment"),
    spec("updateEnvironment", Writes, &[TARGET, "environmentId"], &["name", "discoveryUrl"], "Changes an environment.", "Updated the environment"),
    spec("deleteEnvironment", Deletes, &[TARGET, "environmentId"], &[], "Deletes an environment.", "Deleted the environment"),
    spec("getTestReports", Reads, &[TARGET], &["key"], "Gives the reports of a target.", "Retrieved 1 report"),
    spec("getTestReport", Reads, &[TARGET, "testReportId"], &[], "Gives one report.", "Retrieved the report"),
    spec("discovery", Writes, &[TARGET, "name", "prompt"], &["entryPointUrlPath", "prerequisiteName"], "Makes a test case from a prompt.", "Created the discovery"),
    spec("createBatchGeneration", Writes, &[TARGET, "prompt"], &["environmentId", "imageUrls"], "Makes several test cases from a prompt.", "Created the batch generation"),
    spec("createFromTestPlan", Writes, &[TARGET, "testPlan"], &[], "Makes test cases from a test plan.", "Created the test cases"),
    spec("getPrivateLocations", Reads, &[], &[], "Gives the private locations.", "Retrieved 1 private location"),
    spec("getTestTargets", Reads, &[], &[], "Gives the test targets.", "Retrieved 1 test target"),
    spec("createTestTarget", Writes, &["app", "discoveryUrl"], &[], "Creates a test target.", "Created the test target"),
    spec("updateTestTarget", Writes, &[TARGET], &["app"], "Changes a test target.", "Updated the test target"),
    spec("deleteTestTarget", Deletes, &[TARGET], &[], "Deletes a test target.", "Deleted the test target"),
    spec("getVersion", Reads, &[], &[], "Gives the version of the server.", "Retrieved the version"),
];

/// The tools that report a failure as plain text, without `isError`.
const QUIET: &[&str] = &["search", "getTestCase", "getTestCases", "executeTests", "getEnvironments"];

/// A tool with its arguments checked.
pub(crate) struct Run {
    spec: &'static Spec,
    arguments: Map<String, Value>,
    /// Whether the key is refused by the service behind the tools.
    pub(crate) refused: bool,
}

/// The tools of the service.
pub(crate) fn offered() -> Vec<Tool> {
    SPECS.iter().map(|spec| tool(spec.name, Kind::Octomind(spec), &spec.definition())).collect()
}

impl Spec {
    fn definition(&self) -> Value {
        let property = |name: &&str| {
            let schema = match *name {
                "tags" | "imageUrls" => json!({"type": "array", "items": {"type": "string"}}),
                _ => json!({"type": "string"}),
            };
            ((*name).to_owned(), schema)
        };
        let properties: Map<String, Value> = self.needs.iter().chain(self.takes).map(property).collect();
        json!({
            "description": self.about,
            "inputSchema": {
                "type": "object", "properties": properties, "required": self.needs, "additionalProperties": false,
                "$schema": "http://json-schema.org/draft-07/schema#"
            },
            "annotations": {
                "title": self.name, "readOnlyHint": self.nature == Reads, "destructiveHint": self.nature == Deletes
            }
        })
    }

    /// A tool with checked arguments, or the error in them.
    pub(crate) fn check(&'static self, arguments: &Map<String, Value>) -> Result<Run, String> {
        let bad = |name: &str| {
            format!("Input validation error: Invalid arguments for tool {}: {name} must be a string", self.name)
        };
        for name in self.needs {
            if !arguments.get(*name).is_some_and(Value::is_string) {
                return Err(bad(name));
            }
        }
        Ok(Run { spec: self, arguments: arguments.clone(), refused: false })
    }
}

impl Run {
    /// Two items of text: a summary, and JSON.
    pub(crate) fn run(self) -> Result<Arc<str>, Failed> {
        if self.refused {
            return Err(Failed("API request failed. 401 Unauthorized".to_owned()));
        }
        let text = |text: String| json!({"type": "text", "text": text});
        let content = [text(self.spec.summary.to_owned()), text(self.data().to_string())];
        Ok(json!({"content": content}).to_string().into())
    }

    fn data(&self) -> Value {
        let sample = match self.spec.name {
            "search" => json!([{"title": "Quickstart", "url": "https://docs.example/quickstart", "content": "…"}]),
            "getTestCases" => json!([test_case()]),
            "getTestCase" => test_case(),
            "getEnvironments" => json!([environment()]),
            "getTestReports" => json!({"data": [report("tr-1")], "hasNextPage": false}),
            "getTestReport" => report("tr-1"),
            "executeTests" => {
                json!({"testReportUrl": "https://app.example/testreports/tr-1", "testReport": report("tr-1")})
            }
            "createEnvironment" | "updateEnvironment" => environment(),
            "updateTestCase" => test_case(),
            "updateTestCaseElement" => json!({"id": "el-1", "locatorLine": "page.getByRole('button')"}),
            "discovery" => json!({"discoveryId": "di-1", "testCaseId": "tc-2"}),
            "createBatchGeneration" => json!({"batchGenerationId": "bg-1"}),
            "createFromTestPlan" => json!({"testCaseIds": ["tc-2", "tc-3"]}),
            "getPrivateLocations" => {
                json!([{"id": "pl-1", "name": "office", "status": "ONLINE", "address": "127.0.0.1"}])
            }
            "getTestTargets" => json!([test_target()]),
            "createTestTarget" | "updateTestTarget" => test_target(),
            "getVersion" => json!({"version": env!("CARGO_PKG_VERSION")}),
            _ => json!({"success": true}),
        };
        // The result contains the arguments, so that a test can distinguish two calls.
        match sample {
            Value::Object(mut sample) => {
                sample.extend(self.arguments.clone());
                Value::Object(sample)
            }
            sample => sample,
        }
    }
}

fn test_case() -> Value {
    json!({"id": "tc-1", "testTargetId": "tt-1", "description": "Log in", "status": "ENABLED", "runStatus": "ON",
        "elements": [{"id": "el-1", "index": 0, "interaction": {"action": "CLICK"}}]})
}

fn environment() -> Value {
    json!({"id": "en-1", "name": "default", "testTargetId": "tt-1", "discoveryUrl": "https://app.example", "type": "DEFAULT"})
}

fn test_target() -> Value {
    json!({"id": "tt-1", "app": "Sample", "environments": [environment()]})
}

fn report(id: &str) -> Value {
    json!({"id": id, "testTargetId": "tt-1", "status": "PASSED", "executionUrl": "https://app.example",
        "testResults": [{"id": "re-1", "testCaseId": "tc-1", "status": "PASSED"}]})
}

/// The result of a tool that failed: some report it as text only.
pub(super) fn failed(tool: &str, message: &str) -> Arc<str> {
    match QUIET.contains(&tool) {
        true => json!({"content": [{"type": "text", "text": format!("Error: {message}")}]}).to_string().into(),
        false => failure(message),
    }
}

/// The available resources.
const REPORTS: &[&str] = &["tr-1", "tr-2"];

pub(super) fn resources() -> Value {
    let reports = REPORTS.iter().map(|id| {
        json!({"uri": format!("testreport://{id}"), "name": format!("Test report {id}"), "mimeType": "application/json"})
    });
    json!({"resources": reports.collect::<Vec<_>>()})
}

pub(super) fn resource_templates() -> Value {
    json!({"resourceTemplates": [
        {"uriTemplate": "testreport://{id}", "name": "testreport", "mimeType": "application/json"},
        {"uriTemplate": "testresulttrace://{id}", "name": "testresulttrace", "mimeType": "application/zip"}
    ]})
}

pub(super) fn resource(uri: &str) -> Option<Value> {
    let contents = match uri.split_once("://")? {
        ("testreport", id) if REPORTS.contains(&id) => {
            json!({"uri": uri, "mimeType": "application/json", "text": report(id).to_string()})
        }
        // An empty archive.
        ("testresulttrace", "re-1") => {
            json!({"uri": uri, "mimeType": "application/zip", "blob": "UEsFBgAAAAAAAAAAAAAAAAAAAAAAAA=="})
        }
        _ => return None,
    };
    Some(json!({"contents": [contents]}))
}
