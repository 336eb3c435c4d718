//! The way to a violation, for people.

use std::fmt;

use super::properties::Violation;
use super::rules::Rules;
use super::step::Step;
use super::world::World;

/// A violation, and the steps that lead to it.
#[derive(Debug)]
pub(super) struct Trace {
    pub(super) violation: Violation,
    lines: Vec<String>,
}

impl Trace {
    pub(super) fn new(violation: Violation, steps: &[Step], rules: &Rules) -> Trace {
        let mut world = World::new();
        let mut lines = Vec::new();
        for step in steps {
            let next = world.after(*step, rules);
            lines.push(line(*step, &world, &next));
            world = next;
        }
        lines.push(format!("rows: {}", rows(&world)));
        lines.push(match world.brokers.last_checkpoint() {
            Some(last) => format!("last checkpoint: row {} of run {}", last.position, last.run),
            None => "no checkpoint".to_owned(),
        });
        lines.extend(world.ended.iter().map(|run| {
            let (number, settled) = (run.number, run.settled);
            format!(
                "run {number}: {:?}, rows reported as delivered: {settled}",
                run.ending
            )
        }));
        Trace { violation, lines }
    }
}

fn line(step: Step, before: &World, after: &World) -> String {
    let number = match step {
        Step::Start(_) => Some(after.started),
        _ => step
            .slot()
            .and_then(|slot| before.runs[slot].as_ref())
            .map(|run| run.number),
    };
    let run_in = |world: &World| {
        let run = world
            .runs
            .iter()
            .flatten()
            .find(|run| Some(run.number) == number)?;
        Some((run.number, run.task))
    };
    let request = before
        .request_in(step)
        .map_or(String::new(), |request| format!("{request} "));
    match (run_in(before), run_in(after)) {
        (Some((number, task)), Some((_, next))) if request.is_empty() => {
            format!("run {number}: {task:?} {step}, then {next:?}")
        }
        (Some((number, _)), Some((_, next))) => format!("run {number}: {request}{step}, then {next:?}"),
        (Some((number, task)), None) => format!("run {number}: {task:?} {request}{step}"),
        (None, Some((number, next))) => format!("run {number}: {step}, then {next:?}"),
        (None, None) => format!("{request}{step}"),
    }
}

fn rows(world: &World) -> String {
    let rows = world
        .brokers
        .rows()
        .map(|row| format!("{} of run {}", row.number, row.run));
    rows.collect::<Vec<_>>().join(", ")
}

impl fmt::Display for Trace {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?}", self.violation)?;
        self.lines
            .iter()
            .zip(1..)
            .try_for_each(|(line, number)| write!(f, "\n{number:3}. {line}"))
    }
}
