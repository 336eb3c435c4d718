//! `k2-produce map check`: compiles a mapping for a schema, and for the columns of a file if there is one.

use super::print;
use crate::cli::arguments::MapCheckArguments;
use crate::cli::environment::Environment;
use crate::cli::exit::Exit;
use crate::cli::failure::Failure;
use crate::cli::preflight;
use crate::cli::produce::plan_settings;
use crate::cli::writer_schema;
use crate::report::figures::count_of;

pub(super) fn check(arguments: MapCheckArguments, environment: &Environment) -> Result<Exit, Failure> {
    let files = arguments.file.into_iter().collect();
    let settings = super::settings(arguments.fitted, arguments.message, files, environment)?;
    let inputs = preflight::open(&settings.input)?;
    let schema = writer_schema::of_run(&settings)?.schema;
    let what = preflight::describe_schema(&schema);
    let plan_settings = plan_settings(&settings)?;
    let fits = match inputs.first().map(|input| input.name.clone()) {
        Some(name) => {
            preflight::plan(&settings, inputs, &schema, &plan_settings, 1.into())?;
            format!("{what} and {name}")
        }
        None => {
            preflight::mapping(&settings, &plan_settings).check(&schema)?;
            what
        }
    };
    let entries = count_of(settings.mapping.entries() as u64, "entry", "entries");
    print(&format!("the mapping ({entries}) fits {fits}\n"))?;
    Ok(Exit::Success)
}
