//! The progress of a run: a bar on a terminal, otherwise a plain line every ten seconds.
//!
//! An output that is closed or full does not stop a load: lines that cannot be written are dropped. The text of the
//! line is in `text`.

mod speed;
mod text;

use std::io::Write;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

use self::speed::Speed;
use self::text::{done, figures, line, line_that_fits};
use crate::load::{Phase, Snapshot};

/// The time between two updates.
const BETWEEN_UPDATES: Duration = Duration::from_millis(100);

/// The time between two plain lines.
const BETWEEN_LINES: Duration = Duration::from_secs(10);

/// The minimum width of a useful bar, in columns.
const SMALLEST_BAR: usize = 10;

/// The minimum width of a terminal with room for a bar, in columns.
const WIDTH_FOR_BAR: usize = 50;

/// A blank before the line, and three columns after it, where the terminal prints `^C`. On the next line, `^C` would
/// prevent the last drawing from being erased.
const LEFT_FREE: usize = 4;

/// Steps of the bar, for any unit.
const STEPS: u64 = 10_000;

/// Shows the progress of a run.
pub struct Progress {
    face: Face,
    speed: Speed,
    last_update: Option<Instant>,
}

enum Face {
    Bar {
        bar: ProgressBar,
        width: Box<dyn Fn() -> usize + Send>,
    },
    Lines {
        out: Box<dyn Write + Send>,
        next: Instant,
        /// Whether an interruption has been shown; the first one is shown immediately.
        interrupted: bool,
    },
    Quiet,
}

impl Progress {
    /// A line that is redrawn on `target`; `width` is the width of the terminal.
    ///
    /// As in the other variants, the clock starts now, and nothing is shown before the first update.
    pub fn bar(target: ProgressDrawTarget, width: impl Fn() -> usize + Send + 'static) -> Progress {
        Progress::bar_from(target, Box::new(width), Instant::now())
    }

    /// A line in `out` every ten seconds, for logs.
    pub fn lines(out: impl Write + Send + 'static) -> Progress {
        Progress::lines_from(Box::new(out), Instant::now())
    }

    /// Nothing is shown.
    pub fn quiet() -> Progress {
        Progress::with_face(Face::Quiet, Instant::now())
    }

    fn bar_from(target: ProgressDrawTarget, width: Box<dyn Fn() -> usize + Send>, now: Instant) -> Progress {
        let bar = ProgressBar::with_draw_target(None, target);
        Progress::with_face(Face::Bar { bar, width }, now)
    }

    fn lines_from(out: Box<dyn Write + Send>, now: Instant) -> Progress {
        let next = now + BETWEEN_LINES;
        let interrupted = false;
        Progress::with_face(
            Face::Lines {
                out,
                next,
                interrupted,
            },
            now,
        )
    }

    fn with_face(face: Face, now: Instant) -> Progress {
        Progress {
            face,
            speed: Speed::new(now),
            last_update: None,
        }
    }

    /// Shows the figures; returns immediately if the last ones are less than 100 ms old.
    pub fn update(&mut self, snapshot: &Snapshot) {
        if !matches!(self.face, Face::Quiet) {
            self.update_at(Instant::now(), snapshot);
        }
    }

    fn update_at(&mut self, now: Instant, snapshot: &Snapshot) {
        if self
            .last_update
            .is_some_and(|last| now.saturating_duration_since(last) < BETWEEN_UPDATES)
        {
            return;
        }
        self.last_update = Some(now);
        self.speed
            .observe(now, snapshot.counts.settled(), snapshot.bytes_read);
        match &mut self.face {
            Face::Bar { bar, width } => draw(bar, width(), snapshot, &self.speed),
            Face::Lines {
                out,
                next,
                interrupted,
            } => {
                let news = snapshot.phase == Phase::Interrupted && !*interrupted;
                if now >= *next || news {
                    *interrupted |= news;
                    // Ten seconds from now, not from when this one was due, so that a stall causes no burst of lines.
                    *next = now + BETWEEN_LINES;
                    let _ = writeln!(out, "{}", line(&figures(snapshot, &self.speed)));
                }
            }
            Face::Quiet => {}
        }
    }

    /// Hides the bar while `print` writes lines in its place.
    pub fn suspend(&self, print: impl FnOnce()) {
        match &self.face {
            Face::Bar { bar, .. } => bar.suspend(print),
            Face::Lines { .. } | Face::Quiet => print(),
        }
    }

    /// Removes the bar, before an error or the summary is printed.
    pub fn clear(&mut self) {
        if let Face::Bar { bar, .. } = &self.face {
            bar.finish_and_clear();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        self.clear();
    }
}

fn draw(bar: &ProgressBar, width: usize, snapshot: &Snapshot, speed: &Speed) {
    let room = width.saturating_sub(LEFT_FREE);
    let done = done(snapshot).filter(|_| width >= WIDTH_FOR_BAR && snapshot.phase == Phase::Reading);
    let room_for_text = match done {
        Some(_) => room - SMALLEST_BAR - 2,
        None => room,
    };
    let text = line_that_fits(&figures(snapshot, speed), room_for_text);
    let template = match done {
        Some(_) => format!(" {{bar:{}.cyan}}  {{msg}}", room - text.len() - 2),
        None => " {msg}".to_owned(),
    };
    let style = ProgressStyle::with_template(&template).expect("the template is one of two that are tested");
    bar.set_style(style.progress_chars("━╸─"));
    bar.set_message(text);
    if let Some(done) = done {
        bar.set_length(STEPS);
        bar.set_position((done * STEPS as f64) as u64);
    }
}

#[cfg(test)]
mod tests {
    use std::io;
    use std::sync::{Arc, Mutex};

    use indicatif::InMemoryTerm;

    use super::*;
    use crate::load::Counts;

    #[derive(Clone, Default)]
    struct Written(Arc<Mutex<Vec<u8>>>);

    impl Write for Written {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    impl Written {
        fn text(&self) -> String {
            String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
        }
    }

    /// A run that reads and delivers a million rows of 88 bytes per second.
    fn after(seconds: f64) -> Snapshot {
        let rows = (seconds * 1e6) as u64;
        Snapshot {
            bytes_read: rows * 88,
            bytes_total: Some(8_800_000_000),
            counts: Counts {
                read: rows,
                delivered: rows - rows / 100,
                ..Counts::default()
            },
            ..Snapshot::default()
        }
    }

    fn bar_on(columns: u16) -> (InMemoryTerm, Progress, Instant) {
        let terminal = InMemoryTerm::new(10, columns);
        let target = ProgressDrawTarget::term_like(Box::new(terminal.clone()));
        let now = Instant::now();
        (
            terminal,
            Progress::bar_from(target, Box::new(move || usize::from(columns)), now),
            now,
        )
    }

    #[test]
    fn without_a_terminal_a_line_comes_every_ten_seconds() {
        let (written, start) = (Written::default(), Instant::now());
        let mut progress = Progress::lines_from(Box::new(written.clone()), start);
        for tenth in 0..255 {
            let seconds = f64::from(tenth) / 10.0;
            progress.update_at(start + Duration::from_secs_f64(seconds), &after(seconds));
        }
        progress.clear();
        let text = written.text();
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2, "{text}");
        assert_eq!(
            lines[0],
            "10%  880.0 MB of 8.8 GB  9,900,000 delivered  0 rejected  0 failed  990k rows/s  1 min 30 s left  \
             88.0 MB/s  100,000 in flight"
        );
    }

    #[test]
    fn a_stall_causes_no_burst_of_lines() {
        let (written, start) = (Written::default(), Instant::now());
        let mut progress = Progress::lines_from(Box::new(written.clone()), start);
        for seconds in [1.0, 60.0, 60.2, 61.0, 69.9, 70.0] {
            progress.update_at(start + Duration::from_secs_f64(seconds), &after(seconds));
        }
        assert_eq!(written.text().lines().count(), 2);
    }

    #[test]
    fn a_closed_stderr_stops_nothing() {
        let full = std::fs::File::options().write(true).open("/dev/full").unwrap();
        let start = Instant::now();
        let mut progress = Progress::lines_from(Box::new(full), start);
        progress.update_at(start + Duration::from_secs(11), &after(11.0));
    }

    #[test]
    fn the_bar_is_one_line_and_is_removed_at_the_end() {
        let (terminal, mut progress, start) = bar_on(150);
        for tenth in 0..=20 {
            let seconds = f64::from(tenth) / 10.0;
            progress.update_at(start + Duration::from_secs_f64(seconds), &after(seconds));
        }
        let shown = terminal.contents();
        assert_eq!(shown.lines().count(), 1, "{shown}");
        assert!(shown.starts_with(" ╸─"), "{shown}");
        assert!(
            shown.contains("2%  176.0 MB of 8.8 GB  1,980,000 delivered"),
            "{shown}"
        );
        assert!(shown.contains("20,000 in flight"), "{shown}");

        progress.clear();
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn the_bar_is_removed_when_the_run_ends_early() {
        let (terminal, mut progress, start) = bar_on(120);
        progress.update_at(start + Duration::from_secs(1), &after(1.0));
        assert_ne!(terminal.contents(), "");
        drop(progress);
        assert_eq!(terminal.contents(), "");
    }

    #[test]
    fn no_terminal_is_too_narrow() {
        for columns in [1, 5, 20, 37, 60, 80, 99, 100, 132, 200] {
            let (terminal, mut progress, start) = bar_on(columns);
            for seconds in [0.1, 1.0, 100.0] {
                progress.update_at(start + Duration::from_secs_f64(seconds), &after(seconds));
                let shown = terminal.contents();
                assert!(shown.lines().count() <= 1, "{columns} columns: {shown}");
            }
        }
    }

    #[test]
    fn sixty_columns_have_room_for_a_bar_a_percentage_and_the_time_left() {
        for columns in [60, 80, 120, 200] {
            let (terminal, mut progress, start) = bar_on(columns);
            for seconds in [1.0, 2.0, 10.0] {
                progress.update_at(start + Duration::from_secs_f64(seconds), &after(seconds));
            }
            let shown = terminal.contents();
            assert_eq!(shown.lines().count(), 1, "{shown}");
            assert!(shown.starts_with(" ━") && shown.contains("─────"), "{shown}");
            for figure in ["  10%  ", "9,900,000 delivered", "1 min 30 s left"] {
                assert!(shown.contains(figure), "{columns} columns: {shown}");
            }
        }
    }

    #[test]
    fn an_interruption_is_shown_immediately() {
        let interrupted = Snapshot {
            phase: Phase::Interrupted,
            ..after(2.0)
        };
        let (terminal, mut progress, start) = bar_on(80);
        progress.update_at(start + Duration::from_secs(1), &after(1.0));
        progress.update_at(start + Duration::from_secs(2), &interrupted);
        let shown = terminal.contents();
        assert_eq!(
            shown,
            " finishing  1,980,000 delivered  20,000 in flight  a second signal stops now"
        );
        let (written, start) = (Written::default(), Instant::now());
        let mut progress = Progress::lines_from(Box::new(written.clone()), start);
        for seconds in [1.0, 2.0, 3.0] {
            progress.update_at(start + Duration::from_secs_f64(seconds), &interrupted);
        }
        assert_eq!(written.text().lines().count(), 1, "{}", written.text());
    }

    #[test]
    fn without_a_total_there_are_figures_and_no_bar() {
        let (terminal, mut progress, start) = bar_on(150);
        let snapshot = Snapshot {
            bytes_total: None,
            ..after(1.0)
        };
        progress.update_at(start + Duration::from_secs(1), &snapshot);
        assert!(
            terminal.contents().starts_with(" 88.0 MB  990,000 delivered"),
            "{}",
            terminal.contents()
        );
    }

    #[test]
    fn figures_less_than_a_tenth_of_a_second_old_are_not_redrawn() {
        let (terminal, mut progress, start) = bar_on(150);
        progress.update_at(start + Duration::from_millis(100), &after(0.1));
        let shown = terminal.contents();
        progress.update_at(start + Duration::from_millis(150), &after(5.0));
        assert_eq!(terminal.contents(), shown);
    }
}
