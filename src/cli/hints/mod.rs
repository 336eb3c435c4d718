//! What the hints of the modules below say on the command line: only here is a flag named.

pub(super) mod kafka;
