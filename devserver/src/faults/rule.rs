//! Fault rules: the requests that a fault applies to, and how often.

use serde::{Deserialize, Serialize};

use super::Fault;
use crate::description::described;
use crate::reading::Spelling;

described! {
    /// The requests that a rule matches: those that agree with every given field.
    #[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
    #[serde(default, deny_unknown_fields)]
    pub struct Matcher {
        /// The JSON-RPC method.
        pub method: Option<String>,
        /// The name of the tool called.
        pub tool: Option<String>,
        /// The HTTP method.
        pub http_method: Option<String>,
        /// The path, without its query.
        pub path: Option<String>,
    }
}

impl Matcher {
    /// Whether a request with these properties matches.
    pub(crate) fn matches(&self, method: Option<&str>, tool: Option<&str>, http_method: &str, path: &str) -> bool {
        fn agree(wanted: Option<&String>, is: Option<&str>) -> bool {
            wanted.is_none_or(|wanted| is == Some(wanted.as_str()))
        }
        agree(self.method.as_ref(), method)
            && agree(self.tool.as_ref(), tool)
            && agree(self.http_method.as_ref(), Some(http_method))
            && agree(self.path.as_ref(), Some(path))
    }
}

described! {
    /// A fault and the requests that it applies to: without `nth`, `times` or `probability` to all that match.
    #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
    #[serde(deny_unknown_fields)]
    pub struct Rule {
        /// The requests that match.
        #[serde(default)]
        pub on: Matcher,
        /// Applies to these of the matching requests, counted from 1.
        #[serde(default)]
        pub nth: Option<Vec<u64>>,
        /// Applies this many times.
        #[serde(default)]
        pub times: Option<u64>,
        /// Applies with this probability; random numbers depend on the option `seed`.
        #[serde(default)]
        pub probability: Option<f64>,
        /// The fault.
        pub fault: Fault,
    }
}

impl Rule {
    /// A rule that matches every request.
    pub fn new(fault: Fault) -> Self {
        Self { on: Matcher::default(), nth: None, times: None, probability: None, fault }
    }

    /// Only requests of this JSON-RPC method.
    pub fn on_method(mut self, method: &str) -> Self {
        self.on.method = Some(method.to_owned());
        self
    }

    /// Only calls of this tool.
    pub fn on_tool(mut self, tool: &str) -> Self {
        self.on.tool = Some(tool.to_owned());
        self
    }

    /// Only requests of this HTTP method.
    pub fn on_http_method(mut self, method: &str) -> Self {
        self.on.http_method = Some(method.to_owned());
        self
    }

    /// Only these of the matching requests, counted from 1.
    pub fn nth(mut self, nth: impl Into<Vec<u64>>) -> Self {
        self.nth = Some(nth.into());
        self
    }

    /// Only this many times.
    pub fn times(mut self, times: u64) -> Self {
        self.times = Some(times);
        self
    }

    /// Only with this probability.
    pub fn probability(mut self, probability: f64) -> Self {
        self.probability = Some(probability);
        self
    }

    pub(crate) fn check(&self, spelling: Spelling) -> Result<(), String> {
        let conditions = usize::from(self.nth.is_some())
            + usize::from(self.times.is_some())
            + usize::from(self.probability.is_some());
        if conditions > 1 {
            return Err("give only one of nth, times and probability".to_owned());
        }
        if self.nth.as_ref().is_some_and(|nth| nth.contains(&0)) {
            return Err("nth counts from 1".to_owned());
        }
        if self.probability.is_some_and(|p| !(0.0..=1.0).contains(&p)) {
            return Err("probability must lie between 0 and 1".to_owned());
        }
        self.fault.check(spelling)
    }
}
