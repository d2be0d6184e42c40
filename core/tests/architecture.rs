//! The layers of `core/src`: imports go down only, without cycles between folders, and no two types share a name. Only
//! the codecs of the protocol know the eras, and only `error/delivery.rs` sets a delivery. The paths in ARCHITECTURE.md
//! exist, and docs/errors.md lists every error code.

#![allow(clippy::print_stdout, clippy::unwrap_used, missing_docs)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use omni_mcp::CODES;

/// The folders from the top to the bottom, along the path of a call. `lib.rs` and `fuzzing` may import any of them.
const LAYERS: &[&str] = &[
    "bridge",
    "registry",
    "client",
    "session",
    "oauth",
    "retry",
    "transport",
    "http",
    "config",
    "auth",
    "protocol",
    "error",
    "observe",
    "util",
];

/// Generated from the published schemas.
const GENERATED: &str = "protocol/schema.rs";

/// A source file: its path below `src`, and its text without tests.
struct Source {
    path: String,
    text: String,
}

impl Source {
    fn folder(&self) -> &str {
        self.path.split('/').next().unwrap_or_default()
    }

    /// The folders that this file imports, each with the path in the source.
    fn imports(&self) -> Vec<(&str, &str)> {
        let mut imports = Vec::new();
        let mut rest = self.text.as_str();
        while let Some(at) = rest.find("crate::") {
            rest = &rest[at + "crate::".len()..];
            let end = rest.find(|c: char| !c.is_alphanumeric() && c != '_' && c != ':').unwrap_or(rest.len());
            let folder = rest.split("::").next().unwrap_or_default();
            imports.push((
                folder.split(|c: char| !c.is_alphanumeric() && c != '_').next().unwrap_or_default(),
                &rest[..end],
            ));
        }
        imports
    }

    /// The types that are declared at module level.
    fn types(&self) -> Vec<&str> {
        self.text.lines().filter_map(declared_type).collect()
    }
}

fn declared_type(line: &str) -> Option<&str> {
    let line = match line.strip_prefix("pub") {
        Some(rest) => rest.strip_prefix("(crate)").unwrap_or(rest).trim_start(),
        None => line,
    };
    let name = ["struct ", "enum ", "trait ", "type "].iter().find_map(|keyword| line.strip_prefix(keyword))?;
    name.split(|c: char| !c.is_alphanumeric()).next()
}

fn sources() -> Vec<Source> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut sources = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path: PathBuf = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") && !path.ends_with("tests.rs") {
                let text = fs::read_to_string(&path).unwrap();
                let text = text.split("#[cfg(test)]\nmod tests").next().unwrap_or_default().to_owned();
                let path = path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/");
                sources.push(Source { path, text });
            }
        }
    }
    sources.sort_by(|a, b| a.path.cmp(&b.path));
    sources
}

fn layer(folder: &str) -> Option<usize> {
    LAYERS.iter().position(|layer| *layer == folder)
}

#[test]
fn every_folder_is_a_layer() {
    let folders: BTreeSet<_> =
        sources().iter().filter(|source| source.path.contains('/')).map(|s| s.folder().to_owned()).collect();
    let unknown: Vec<_> = folders.iter().filter(|folder| layer(folder).is_none() && *folder != "fuzzing").collect();
    assert!(unknown.is_empty(), "folders without a layer: {unknown:?}");
    assert!(LAYERS.iter().all(|layer| folders.contains(*layer)), "layers without a folder, of {LAYERS:?}");
}

/// Folders that paths in ARCHITECTURE.md are relative to.
const ROOTS: &[&str] = &["", "core", "core/src", "tests/vectors", "bindings-python", "bindings-node"];
/// Test folders of the bindings, which ARCHITECTURE.md omits.
const TESTS: &[&str] = &["bindings-python/tests", "bindings-node/tests"];

/// The texts in backticks that are paths of files or folders.
fn paths(line: &str) -> impl Iterator<Item = &str> {
    let quoted = line.split('`').skip(1).step_by(2);
    quoted.filter(|text| {
        let is_plain = text.chars().all(|c| c.is_ascii_alphanumeric() || "_-./".contains(c));
        is_plain && (text.contains('/') || [".rs", ".py", ".mjs", ".md", ".json"].iter().any(|end| text.ends_with(end)))
    })
}

#[test]
fn every_path_in_the_architecture_exists() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = fs::read_to_string(root.join("ARCHITECTURE.md")).unwrap();
    let mut layers = Vec::new();
    let mut missing = Vec::new();
    for line in text.lines() {
        let first = paths(line).next().and_then(|path| path.strip_suffix('/'));
        // A row of the tree names the files of its layer without the folder.
        let row = first.filter(|folder| line.starts_with("| `") && layer(folder).is_some());
        layers.extend(row);
        let own = row.map(|folder| format!("core/src/{folder}"));
        for path in paths(line) {
            let exists = |folder: &str| {
                let path = root.join(folder).join(path);
                path.exists() || path.with_extension("json").exists()
            };
            if !ROOTS.iter().chain(TESTS).copied().chain(own.as_deref()).any(exists) {
                missing.push(path);
            }
        }
    }
    assert!(missing.is_empty(), "paths in ARCHITECTURE.md that do not exist: {missing:?}");
    assert_eq!(layers, LAYERS, "the tree in ARCHITECTURE.md");
}

#[test]
fn the_documentation_lists_every_error_code() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let text = fs::read_to_string(root.join("docs/errors.md")).unwrap();
    let listed: Vec<_> = text.lines().filter(|line| line.starts_with("| `")).collect();
    let rows: Vec<_> = CODES.iter().map(|row| format!("| `{}` | `{}` | {} |", row.code, row.kind, row.help)).collect();
    assert_eq!(listed, rows, "docs/errors.md");
}

#[test]
fn imports_go_down_only() {
    let mut up = Vec::new();
    let mut edges: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let sources = sources();
    for source in &sources {
        let Some(from) = layer(source.folder()) else { continue };
        for (folder, path) in source.imports() {
            let Some(to) = layer(folder) else { continue };
            if to < from {
                up.push(format!("{} imports crate::{path}", source.path));
            }
            if to != from {
                edges.entry(LAYERS[from]).or_default().insert(LAYERS[to]);
            }
        }
    }
    let cycle = largest_cycle(&edges);
    println!("folders, from the top: {}", LAYERS.join(" → "));
    println!("imports that go up: {}", up.len());
    println!("largest cycle between folders: {cycle}");
    assert!(up.is_empty(), "imports that go up:\n{}", up.join("\n"));
    assert_eq!(cycle, 0);
}

/// The folders that a folder imports, directly or through others.
fn reach<'a>(start: &str, edges: &BTreeMap<&str, BTreeSet<&'a str>>) -> BTreeSet<&'a str> {
    let mut seen = BTreeSet::new();
    let mut next: Vec<_> = edges.get(start).into_iter().flatten().copied().collect();
    seen.extend(next.iter().copied());
    while let Some(folder) = next.pop() {
        next.extend(edges.get(folder).into_iter().flatten().copied().filter(|to| seen.insert(*to)));
    }
    seen
}

/// The size of the largest cycle of folders; 0 if there is none.
fn largest_cycle(edges: &BTreeMap<&str, BTreeSet<&str>>) -> usize {
    let reached: BTreeMap<_, _> = edges.keys().map(|folder| (*folder, reach(folder, edges))).collect();
    let cycle = |folder: &&str| {
        let mutual = |other: &&&str| reached.get(**other).is_some_and(|back| back.contains(folder));
        reached[folder].iter().filter(mutual).count()
    };
    reached.keys().map(cycle).max().unwrap_or_default()
}

/// Whether a line sets a member `delivery`: by an assignment, or in a struct literal. A declaration of such a member or
/// parameter does not, nor does a field of a log record.
fn sets_delivery(line: &str) -> bool {
    let line = line.split("//").next().unwrap_or_default();
    let assigns = line.match_indices(".delivery").any(|(at, name)| {
        let rest = line[at + name.len()..].trim_start();
        rest.starts_with('=') && !rest.starts_with("==") && !rest.starts_with("=>")
    });
    let is_literal = line.match_indices("delivery:").any(|(at, name)| {
        let is_whole_name = !line[..at].ends_with(|c: char| c.is_alphanumeric() || c == '_');
        let rest = line[at + name.len()..].trim_start();
        let is_type = ["Delivery", "Option<Delivery>", "CallDelivery"].iter().any(|kind| {
            let behind = rest.strip_prefix(kind);
            behind.is_some_and(|behind| behind.is_empty() || behind.starts_with([',', ')', ' ', '>']))
        });
        is_whole_name && !rest.starts_with(':') && !is_type
    });
    assigns || is_literal
}

#[test]
fn only_the_errors_set_the_delivery() {
    for (line, expected) in [
        ("info.delivery = Delivery::Executed;", true),
        ("failure.error.info_mut().delivery = own;", true),
        ("Self { delivery: Delivery::NotSent, ..other }", true),
        ("ErrorInfo { delivery: own }", true),
        ("pub delivery: Delivery,", false),
        ("fn raise(&self, delivery: Delivery) {", false),
        ("delivery: Option<Delivery>,", false),
        ("if info.delivery == Delivery::NotSent {", false),
        ("use crate::error::delivery::Delivery;", false),
        ("delivery = error.delivery().as_str(),", false),
    ] {
        assert_eq!(sets_delivery(line), expected, "{line}");
    }
    let sources = sources();
    let outside = sources.iter().filter(|source| source.path != "error/delivery.rs");
    let found: Vec<_> = outside
        .flat_map(|source| {
            // The delivery with which `Error::new` begins.
            let is_first = |line: &str| source.path == "error/mod.rs" && line.trim() == "delivery: Delivery::NotSent,";
            let lines = source.text.lines().enumerate();
            let lines = lines.filter(move |(_, line)| sets_delivery(line) && !is_first(line));
            lines.map(|(index, line)| format!("{}:{}: {}", source.path, index + 1, line.trim()))
        })
        .collect();
    assert!(found.is_empty(), "the delivery is set outside of error/delivery.rs:\n{}", found.join("\n"));
}

#[test]
fn no_two_types_share_a_name() {
    let mut homes: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for source in sources().iter().filter(|source| source.path != GENERATED && source.folder() != "fuzzing") {
        for name in source.types() {
            homes.entry(name.to_owned()).or_default().push(source.path.clone());
        }
    }
    let shared: Vec<_> = homes.into_iter().filter(|(_, homes)| homes.len() > 1).collect();
    assert!(shared.is_empty(), "types that share a name: {shared:#?}");
}

/// The modules that know the eras.
const ERA: &[&str] = &["protocol/era.rs", "protocol/legacy.rs", "protocol/modern.rs"];
/// The other files that may import a codec, and why.
const CODECS: &[(&str, &str)] = &[
    ("session/open.rs", "opens a session in either era"),
    ("client/era_methods.rs", "converts the result of the handshake"),
];

#[test]
fn only_the_codecs_distinguish_eras() {
    let mut branches = Vec::new();
    for source in sources().iter().filter(|source| !ERA.contains(&source.path.as_str())) {
        for pattern in ["Era::Legacy", "Era::Modern", "is_modern", "is_legacy", "FIRST_MODERN"] {
            if source.text.contains(pattern) {
                branches.push(format!("{} has {pattern}", source.path));
            }
        }
        let may_import = CODECS.iter().any(|(path, _)| *path == source.path) || source.path == "protocol/mod.rs";
        for codec in ["legacy::", "modern::", "{legacy", "legacy;", "modern;"] {
            if !may_import && source.text.contains(codec) {
                branches.push(format!("{} imports a codec ({codec})", source.path));
            }
        }
    }
    assert!(branches.is_empty(), "ask `Era` or `Codec` instead:\n{}", branches.join("\n"));
}
