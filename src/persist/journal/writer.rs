//! The worker's side of the journal: writes and syncs, in the order it is told to.
//!
//! After a failure it does nothing more to the file: everything comes back unwritten, until the
//! loop tells it where to go on.

use std::collections::VecDeque;
use std::io;
use std::sync::mpsc::Receiver;
use std::time::Duration;

use super::collecting::Flush;
use crate::persist::storage::File;
use crate::sys::worker::Work;

/// What the worker is asked to do. A file is called by the number of its first flush.
pub(super) enum Job {
    Write(Flush),
    /// Sync everything written so far.
    Sync,
    /// Wait for more to come before going on: until the other end is gone, and no longer than this.
    Gather(Receiver<()>, Duration),
    /// Sync what was written so far, and go on with this file.
    Switch {
        to: u64,
        file: Box<dyn File>,
    },
    /// Go on with this file, whatever became of the one before.
    Adopt {
        to: u64,
        file: Box<dyn File>,
    },
    /// Go on after a failure, with this file, when it is cut to its good bytes.
    Resume {
        to: u64,
        file: Box<dyn File>,
        bytes: u64,
    },
}

/// What the worker answers, once for each job.
pub(super) enum Answer {
    Wrote {
        number: u64,
        bytes: u64,
    },
    /// Not written: it failed, or something before it did.
    Unwritten(Flush, Option<io::Error>),
    /// Everything written to this file is on disk, or not.
    Synced {
        file: u64,
        result: io::Result<()>,
    },
    /// The file before `to` is on disk, or not, and what follows goes to `to`; or nothing was done,
    /// as not all of the old one is written.
    Switched {
        to: u64,
        result: Option<io::Result<()>>,
    },
    Resumed(io::Result<()>),
    /// Nothing to tell.
    Heard,
}

pub(super) struct Writer {
    file: Box<dyn File>,
    name: u64,
    /// A write or a sync failed: nothing may follow it.
    failed: bool,
    /// Whether it may sleep: it has a thread of its own.
    may_sleep: bool,
}

impl Work<Job, Answer> for Writer {
    fn work(&mut self, jobs: &mut VecDeque<Job>, answer: &mut dyn FnMut(Answer)) {
        let mut syncs = 0;
        while let Some(job) = jobs.pop_front() {
            match job {
                Job::Write(flush) => answer(self.write(flush)),
                // One for all that have collected.
                Job::Sync => syncs += 1,
                Job::Gather(complete, most) => {
                    answer(Answer::Heard);
                    if self.may_sleep && syncs == 0 {
                        // Either way: on with all that has come.
                        let _ = complete.recv_timeout(most);
                        return;
                    }
                }
                Job::Switch { to, file } => answer(self.switch(to, file)),
                Job::Adopt { to, file } => {
                    (self.name, self.file, self.failed) = (to, file, false);
                    answer(Answer::Heard);
                }
                Job::Resume { to, file, bytes } => {
                    (self.name, self.file) = (to, file);
                    let cut = self.file.truncate(bytes);
                    self.failed = cut.is_err();
                    answer(Answer::Resumed(cut));
                }
            }
        }
        if syncs > 0 {
            let result = self.file.sync();
            self.failed |= result.is_err();
            let file = self.name;
            answer(Answer::Synced { file, result });
        }
        for _ in 1..syncs {
            answer(Answer::Heard);
        }
    }
}

impl Writer {
    pub(super) fn new(name: u64, file: Box<dyn File>, may_sleep: bool) -> Writer {
        Writer {
            file,
            name,
            failed: false,
            may_sleep,
        }
    }

    fn write(&mut self, flush: Flush) -> Answer {
        if self.failed {
            return Answer::Unwritten(flush, None);
        }
        match self.file.append_all(flush.bytes()) {
            Ok(()) => Answer::Wrote {
                number: flush.number,
                bytes: flush.len(),
            },
            Err(error) => {
                // A part of it may stand in the file; whoever resumes cuts it off.
                self.failed = true;
                Answer::Unwritten(flush, Some(error))
            }
        }
    }

    fn switch(&mut self, to: u64, file: Box<dyn File>) -> Answer {
        let mut result = None;
        if !self.failed {
            let synced = self.file.sync();
            self.failed = synced.is_err();
            (self.name, self.file) = (to, file);
            result = Some(synced);
        }
        Answer::Switched { to, result }
    }
}
