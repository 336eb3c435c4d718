//! What people and machines see of a run: the bar, the summary, the metrics, the rejects file.
//!
//! Nothing here decides what happens to a row. `load` owns the loop and hands in figures; these
//! files turn them into words, JSON, Prometheus text and a file that can be mended and loaded again.

pub mod counts;
pub mod errors;
pub mod excerpt;
pub mod figures;
pub mod progress;
pub mod prometheus;
pub mod reject;
pub mod summary;

pub use counts::{Counts, Fate, Imbalance};
pub use errors::{DeliveryErrorGroup, DeliveryErrors, RowErrorGroup, RowErrors, RowFault};
pub use progress::{Progress, ProgressMode, Snapshot};
pub use prometheus::{Latency, Metrics, parse_labels};
pub use reject::{KeptFault, KeptRow, RejectsError, RejectsFile};
pub use summary::Summary;
