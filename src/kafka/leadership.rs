//! Which broker leads a partition, and whether that changed.

use std::fmt;

/// Who leads a partition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Leadership {
    /// The id of the broker; none if there is no leader.
    pub leader: Option<i32>,
    /// A number that grows with each change of the leader, so that a change there and back is seen too; none if the
    /// brokers do not report it.
    pub epoch: Option<i32>,
}

/// A partition whose leader changed during a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LeaderChange {
    /// The partition.
    pub partition: i32,
    /// Who led it when the run began.
    pub before: Leadership,
    /// Who leads it now.
    pub now: Leadership,
}

impl Leadership {
    /// Whether the leader has changed since `before`.
    pub fn changed_since(&self, before: &Leadership) -> bool {
        let differs =
            |before: Option<i32>, now: Option<i32>| before.is_some() && now.is_some() && before != now;
        differs(before.leader, self.leader) || differs(before.epoch, self.epoch)
    }
}

/// `0 (broker 2, now 1)`.
impl fmt::Display for LeaderChange {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let id = |leader: Option<i32>| leader.map_or("none".to_owned(), |id| id.to_string());
        let (before, now) = (id(self.before.leader), id(self.now.leader));
        match before == now {
            true => write!(formatter, "{} (broker {now} again)", self.partition),
            false => write!(formatter, "{} (broker {before}, now {now})", self.partition),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn another_leader_or_another_epoch_is_a_change() {
        let led = |leader, epoch| Leadership { leader, epoch };
        for (before, now, changed) in [
            (led(Some(1), Some(5)), led(Some(1), Some(5)), false),
            (led(Some(1), Some(5)), led(Some(2), Some(6)), true),
            (led(Some(1), Some(5)), led(Some(1), Some(7)), true),
            // Without epochs only the brokers can be compared.
            (led(Some(1), None), led(Some(1), Some(7)), false),
            (led(Some(1), None), led(Some(2), None), true),
            (led(None, None), led(Some(2), None), false),
        ] {
            assert_eq!(now.changed_since(&before), changed, "{before:?} {now:?}");
        }
    }

    #[test]
    fn a_change_names_the_brokers() {
        let led = |leader| Leadership {
            leader: Some(leader),
            epoch: None,
        };
        let change = |before, now| LeaderChange {
            partition: 3,
            before: led(before),
            now: led(now),
        };
        assert_eq!(change(2, 1).to_string(), "3 (broker 2, now 1)");
        assert_eq!(change(2, 2).to_string(), "3 (broker 2 again)");
    }
}
