//! Fields of hashes whose deadline passed leave although nobody asks for them.
//!
//! The table marks entries below which something has a deadline, and its sweep leads to those that
//! have something due (`ds::table::due`): so a field among millions of hashes is found as a key is,
//! and no list of hashes has to be kept that renaming, copying or deleting could leave behind. Here
//! such an entry loses its due fields, some at a time, and goes itself when it has none left.

use super::entry::Block;
use super::expire::ExpireReport;
use super::space::{FieldsGone, News};
use crate::ds::epoch::Epoch;
use crate::ds::table::{Opened, Table};
use crate::sys::clock::UnixMs;
use crate::value::Object;

/// Fields removed between two looks at the clock.
const FIELDS_AT_ONCE: usize = 16;

/// Removes the due fields of the hashes in the segment at `position`, while `time_left` says so;
/// whether all are gone.
pub(super) fn remove_due(
    table: &mut Table<Block>,
    epoch: &mut Epoch,
    (news, index): (&mut News, usize),
    position: u64,
    now: UnixMs,
    report: &mut ExpireReport,
    time_left: &mut impl FnMut() -> bool,
) -> bool {
    while let Some(opened) = table.open_inner_due(epoch, position, now.0) {
        let gone = remove_some(opened, index, now);
        report.fields += gone.fields.len();
        report.removed += usize::from(gone.emptied);
        news.fields_gone(gone);
        if !time_left() {
            return false;
        }
    }
    true
}

/// Removes some due fields of an open entry, or with the last field the entry.
fn remove_some(mut opened: Opened<'_, Block>, db: usize, now: UnixMs) -> FieldsGone {
    let mut gone = FieldsGone {
        db,
        key: opened.node().key().into(),
        fields: Vec::new(),
        emptied: false,
    };
    if let Some(Object::Hash(hash)) = opened.node_mut().object() {
        let mut keep = |field: &[u8]| gone.fields.push(field.into());
        for _ in 0..FIELDS_AT_ONCE {
            if !hash.remove_due(now, &mut keep) {
                break;
            }
        }
        gone.emptied = hash.is_empty();
    }
    if gone.emptied {
        opened.remove();
    } else {
        opened.note_inner_due();
    }
    gone
}
