//! The search itself: breadth first, so that a violation is found with its shortest trace.

use std::collections::BTreeMap;
use std::fmt;

use super::dead_ends::DeadEnds;
use super::fingerprint::{Fingerprints, fingerprint};
use super::properties::{PROPERTIES, Violation, violation};
use super::rules::Rules;
use super::step::Step;
use super::trace::Trace;
use super::world::World;

/// What a search found.
#[derive(Debug, Default)]
pub(super) struct Figures {
    states: usize,
    steps: usize,
    /// The length of the longest of the shortest ways to a state.
    depth: usize,
    /// How runs ended, and in how many states.
    endings: BTreeMap<String, usize>,
}

/// How a state was reached.
struct Origin {
    parent: usize,
    step: Step,
}

/// Visits all states within the rules.
///
/// # Errors
/// A property does not hold: the shortest way to it.
pub(super) fn search(rules: &Rules) -> Result<Figures, Trace> {
    let mut figures = Figures::default();
    let mut dead_ends = DeadEnds::default();
    let first = World::new();
    let mut known = Fingerprints::from_iter([fingerprint(&first)]);
    let mut origins = vec![None];
    let mut frontier = vec![(0, first)];
    while !frontier.is_empty() {
        let mut next_frontier = Vec::new();
        for (number, world) in frontier {
            let violation = violation(&world, rules).or_else(|| {
                let has_dead_end = rules.has_whole_protocol() && dead_ends.is_in(&world, rules);
                has_dead_end.then_some(Violation::DeadEnd)
            });
            if let Some(violation) = violation {
                return Err(Trace::new(violation, &way_to(number, &origins), rules));
            }
            figures.count_endings(&world);
            for step in world.steps(rules) {
                figures.steps += 1;
                let next = world.after(step, rules);
                if known.insert(fingerprint(&next)) {
                    next_frontier.push((origins.len(), next));
                    origins.push(Some(Origin { parent: number, step }));
                }
            }
        }
        figures.depth += usize::from(!next_frontier.is_empty());
        frontier = next_frontier;
    }
    figures.states = known.len();
    Ok(figures)
}

fn way_to(number: usize, origins: &[Option<Origin>]) -> Vec<Step> {
    let mut steps = Vec::new();
    let mut number = number;
    while let Some(Origin { parent, step }) = &origins[number] {
        steps.push(*step);
        number = *parent;
    }
    steps.reverse();
    steps
}

impl Figures {
    fn count_endings(&mut self, world: &World) {
        if world.runs.iter().any(Option::is_some) || world.ended.is_empty() {
            return;
        }
        let endings = world.ended.iter().map(|run| match run.ending {
            Some(ending) => format!("{ending:?}"),
            None => "panic".to_owned(),
        });
        let endings = endings.collect::<Vec<_>>().join(", ");
        *self.endings.entry(endings).or_default() += 1;
    }
}

impl fmt::Display for Figures {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Figures {
            states, steps, depth, ..
        } = self;
        write!(
            f,
            "{states} states, {steps} steps, depth {depth}, {PROPERTIES} properties"
        )?;
        for (endings, states) in &self.endings {
            write!(f, "\n  {states:6} states with {endings}")?;
        }
        Ok(())
    }
}
