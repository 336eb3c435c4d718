//! All loads, one line for each.

use serde_json::Value;

use super::{Checkpoints, as_json, print, print_json_lines, shown_name, shown_place, shown_time};
use crate::cli::arguments::ListLoadsArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::messages;
use crate::escape::printable;
use crate::load::LoadState;
use crate::report::figures::{count, count_of};
use crate::table::{Alignment, Table};

pub(super) fn list(typed: ListLoadsArguments, environment: &Environment) -> Result<Exit, Failure> {
    let checkpoints = Checkpoints::read(typed.checkpoints, environment)?;
    let loads = checkpoints
        .loads
        .iter()
        .filter_map(|(name, load)| Some((name, load, checkpoints.loads.state(name)?)));
    let loads: Vec<_> = loads.collect();
    if typed.json {
        let lines: Vec<Value> = loads
            .iter()
            .map(|(name, load, state)| as_json(name, load, *state))
            .collect();
        print_json_lines(&lines)?;
    } else if !loads.is_empty() {
        let right = Alignment::Right;
        let left = Alignment::Left;
        let mut table = Table::new([left, left, right, right, right, left, left]);
        let head = [
            "load",
            "state",
            "inputs",
            "delivered",
            "rejected",
            "last commit",
            "next row",
        ];
        table.push(head.map(str::to_owned));
        for (name, load, state) in &loads {
            let counts = load.counts();
            let last = load.last_checkpoint();
            let next = load.partial_input().filter(|_| *state != LoadState::Atomic);
            table.push([
                shown_name(name),
                state.word().to_owned(),
                format!("{}/{}", load.complete_inputs(), load.inputs.len()),
                count(counts.delivered),
                count(counts.rejected),
                last.map_or("-".to_owned(), |last| shown_time(last.time)),
                next.map_or("-".to_owned(), |(input, checkpoint)| {
                    shown_place(input, checkpoint)
                }),
            ]);
        }
        print(&table.to_string())?;
    }
    if loads.is_empty() {
        messages::line(&format!("note: {}", checkpoints.no_loads()));
    } else if !typed.json {
        let topic = printable(checkpoints.topic.as_bytes(), 250);
        messages::line(&format!(
            "{} in {topic}",
            count_of(loads.len() as u64, "load", "loads")
        ));
    }
    for (name, _, state) in &loads {
        match state {
            LoadState::Misplaced => messages::line(&format!(
                "warning: the checkpoints of load {} are in another partition than those that a run would write, since \
                 the topic has been given more partitions: runs of it are refused",
                shown_name(name)
            )),
            LoadState::Unreadable => messages::line(&format!(
                "warning: a checkpoint of load {} cannot be read by this version of k2-produce",
                shown_name(name)
            )),
            LoadState::Complete | LoadState::Partial | LoadState::Atomic | LoadState::Forgotten => {}
        }
    }
    Ok(Exit::Success)
}
