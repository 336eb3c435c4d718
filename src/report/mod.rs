//! The output of a run: the progress bar, the summary, the metrics, the rejects file.
//!
//! Nothing here decides what happens to a row. `load` reports events and owns the counts; these files turn them into
//! words, JSON, Prometheus text and a file that can be corrected and loaded again.

pub mod errors;
pub mod excerpt;
pub mod figures;
mod listing;
mod missing_folder;
pub mod progress;
pub mod prometheus;
pub mod reject;
mod reporter;
pub mod summary;

pub use errors::{DeliveryErrorGroup, DeliveryErrors, RowErrorGroup, RowErrors};
pub use listing::{Listing, ShowRow};
pub use progress::Progress;
pub use prometheus::{Latency, Metrics};
pub use reject::{RejectReason, Rejects, RejectsError};
pub use reporter::Reporter;
pub use summary::Summary;
