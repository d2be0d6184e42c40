//! Calls that are cancelled at random moments, in every language: each runs at most once, its server is notified, the
//! next call works, and at the end there are no additional tasks, sockets, threads, file descriptors or memory.

mod leg;
pub(crate) mod rust;

use std::process::Command;

use crate::plan::Plan;
use crate::row::{Failed, Row};

/// Maximum growth of memory between half-time and end: an allocator and a garbage collector keep some.
const MOST_GROWN_KIB: i64 = 16 * 1024;

pub(crate) fn run(plan: &Plan) -> Result<Row, Failed> {
    let cancels = plan.size(200, 10_000);
    let here = concat!(env!("CARGO_MANIFEST_DIR"), "/cancels");
    let own = std::env::current_exe()?;
    let with = |program: &str, arguments: &[&str]| {
        let mut command = Command::new(program);
        command.args(arguments);
        command
    };
    let legs = [
        ("Rust", with(&own.display().to_string(), &["--part", "cancels"])),
        ("Python sync", with(&plan.python, &[&format!("{here}.py"), "sync"])),
        ("Python async", with(&plan.python, &[&format!("{here}.py"), "async"])),
        (
            "Node",
            with(
                &plan.node,
                &["--expose-gc", "--max-semi-space-size=1", "--unhandled-rejections=strict", &format!("{here}.mjs")],
            ),
        ),
    ];
    let (mut seen, mut kept) = (Vec::new(), true);
    for (name, command) in legs {
        let came = leg::run(command, plan.seed, cancels)?;
        kept &= came.is_right(cancels) && came.grown_kib <= MOST_GROWN_KIB;
        seen.push(format!("{name}: {came}"));
    }
    Ok(Row {
        done: format!(
            "{cancels} cancelled calls at random moments over HTTP, and a tenth of that over stdio, in each of 4 clients"
        ),
        bound: "each ran once at most, every server of a cut call notified, the next call works, nothing left, ≤ 16 MiB grown"
            .into(),
        seen: seen.join("; "),
        kept,
    })
}
