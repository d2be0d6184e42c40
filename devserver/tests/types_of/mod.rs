//! Types as text.

pub(crate) mod python;
pub(crate) mod typescript;

use omni_mcp_devserver::Form;

/// Whether it is the form of a tool.
pub(crate) fn is_tool(form: &Form) -> bool {
    matches!(form, Form::Fields(fields) if fields.name == "ToolOptions")
}

/// The public name of a type.
pub(crate) fn public(name: &str) -> &str {
    match name {
        "Options" => "DevServerOptions",
        name => name,
    }
}

/// Breaks a text into lines of at most this length, each with this prefix.
pub(crate) fn lines(text: &str, prefix: &str, most: usize) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for word in text.split_whitespace() {
        match lines.last_mut() {
            Some(line) if line.len() + 1 + word.len() <= most => {
                line.push(' ');
                line.push_str(word);
            }
            _ => lines.push(format!("{prefix}{word}")),
        }
    }
    lines
}
