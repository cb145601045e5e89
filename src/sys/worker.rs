//! A worker: jobs in, answers out, in order, on a thread of its own.
//!
//! The loop gives jobs and takes answers without ever waiting; a bell tells it that there is an
//! answer. The thread takes all jobs that have collected at once, so that it can do together what
//! is cheaper together. For simulations a worker can also be driven by hand, one [`Worker::step`]
//! at a time: in the thread of whoever owns it, or on one of its own that stops within its work, too
//! (`sys::steps`).

use std::collections::VecDeque;
use std::io;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use super::steps::{Steps, Stop};

/// Called by the worker's thread when there is an answer.
pub type Bell = Arc<dyn Fn() + Send + Sync>;

/// How the workers of one loop come to be: each on a thread that rings the loop's bell, or all
/// driven by hand: a whole job, or all that have collected, at a time, or in the steps of the work.
#[derive(Clone)]
pub enum Workers {
    Threads(Bell),
    ByHand,
    InSteps,
}

impl Workers {
    /// A worker called `name`.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn start<J, A>(
        &self,
        name: &str,
        work: impl Work<J, A> + 'static,
    ) -> io::Result<Worker<J, A>>
    where
        J: Send + 'static,
        A: Send + 'static,
    {
        match self {
            Workers::Threads(bell) => Worker::start(name, Arc::clone(bell), work),
            Workers::ByHand => Ok(Worker::by_hand(work)),
            Workers::InSteps => Worker::in_steps(name, work),
        }
    }

    /// A worker called `name` whose work can wait: where there are fewer CPUs than threads, the
    /// others go before it.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn start_behind<J, A>(
        &self,
        name: &str,
        work: impl Work<J, A> + 'static,
    ) -> io::Result<Worker<J, A>>
    where
        J: Send + 'static,
        A: Send + 'static,
    {
        let is_thread = matches!(self, Workers::Threads(_));
        let work = Behind {
            work,
            must_step_back: is_thread,
        };
        self.start(name, work)
    }
}

/// Work that can wait.
struct Behind<W> {
    work: W,
    /// Its thread has not stepped back yet.
    must_step_back: bool,
}

impl<J, A, W: Work<J, A>> Work<J, A> for Behind<W> {
    fn work(&mut self, jobs: &mut VecDeque<J>, answer: &mut dyn FnMut(A)) {
        /// Ten steps are a tenth of the time, if somebody else wants it.
        const STEPS: i32 = 10;
        if std::mem::take(&mut self.must_step_back)
            && let Err(error) = rustix::process::nice(STEPS)
        {
            log::warn!("A thread cannot step back: {error}");
        }
        self.work.work(jobs, answer);
    }
}

/// What a worker does: takes jobs from the front of the queue (at least one, or it would be called
/// for ever) and gives answers.
pub trait Work<J, A>: Send {
    fn work(&mut self, jobs: &mut VecDeque<J>, answer: &mut dyn FnMut(A));
}

/// A handle on a worker. Dropping it lets the thread do the jobs it was given, and end.
pub struct Worker<J, A> {
    how: How<J, A>,
    given: u64,
    answered: u64,
}

enum How<J, A> {
    Thread {
        jobs: Option<Sender<J>>,
        answers: Receiver<A>,
        thread: Option<JoinHandle<()>>,
    },
    ByHand {
        jobs: VecDeque<J>,
        answers: VecDeque<A>,
        work: Box<dyn Work<J, A>>,
    },
    InSteps {
        jobs: VecDeque<J>,
        answers: Receiver<A>,
        /// Jobs on their way to the thread, and back if it has left any.
        queues: (Sender<VecDeque<J>>, Receiver<VecDeque<J>>),
        /// It is in the middle of something.
        is_under_way: bool,
        steps: Steps,
    },
}

impl<J: Send + 'static, A: Send + 'static> Worker<J, A> {
    /// Starts a thread called `name`.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn start(name: &str, bell: Bell, work: impl Work<J, A> + 'static) -> io::Result<Self> {
        let (give, jobs) = channel();
        let (answer, answers) = channel();
        let mut work = work;
        let thread = Builder::new().name(name.into()).spawn(move || {
            let mut queue = VecDeque::new();
            while let Ok(first) = jobs.recv() {
                queue.push_back(first);
                queue.extend(jobs.try_iter());
                while !queue.is_empty() {
                    work.work(&mut queue, &mut |one| {
                        // Nobody is there to hear it when the server ends.
                        drop(answer.send(one));
                        bell();
                    });
                    queue.extend(jobs.try_iter());
                }
            }
        })?;
        Ok(Worker {
            how: How::Thread {
                jobs: Some(give),
                answers,
                thread: Some(thread),
            },
            given: 0,
            answered: 0,
        })
    }

    /// A worker that works only when it is told to.
    pub fn by_hand(work: impl Work<J, A> + 'static) -> Self {
        Worker {
            how: How::ByHand {
                jobs: VecDeque::new(),
                answers: VecDeque::new(),
                work: Box::new(work),
            },
            given: 0,
            answered: 0,
        }
    }

    /// A worker on a thread called `name`, that goes only when it is told to, a step at a time.
    /// Dropping it lets it end what it is at.
    ///
    /// # Errors
    /// If the system cannot start a thread.
    pub fn in_steps(name: &str, work: impl Work<J, A> + 'static) -> io::Result<Self> {
        let (give, given) = channel::<VecDeque<J>>();
        let (give_back, left) = channel();
        let (answer, answers) = channel();
        let mut work = work;
        let steps = Steps::start(name, move || {
            let Ok(mut jobs) = given.recv() else {
                return false;
            };
            // Nobody is there to hear it when the server ends.
            work.work(&mut jobs, &mut |one| drop(answer.send(one)));
            give_back.send(jobs).is_ok()
        })?;
        Ok(Worker {
            how: How::InSteps {
                jobs: VecDeque::new(),
                answers,
                queues: (give, left),
                is_under_way: false,
                steps,
            },
            given: 0,
            answered: 0,
        })
    }

    /// Gives a job, which is answered once.
    pub fn give(&mut self, job: J) {
        self.given += 1;
        match &mut self.how {
            How::Thread { jobs, .. } => {
                if let Some(jobs) = jobs {
                    // A thread that is gone has panicked, and that was reported.
                    drop(jobs.send(job));
                }
            }
            How::ByHand { jobs, .. } | How::InSteps { jobs, .. } => jobs.push_back(job),
        }
    }

    /// The next answer, if there is one.
    pub fn take(&mut self) -> Option<A> {
        let answer = match &mut self.how {
            How::Thread { answers, .. } | How::InSteps { answers, .. } => answers.try_recv().ok(),
            How::ByHand { answers, .. } => answers.pop_front(),
        };
        self.answered += u64::from(answer.is_some());
        answer
    }

    /// The next answer, waiting for it; `None` if no job is under way, or if it takes longer than
    /// `most`. One driven by hand is driven.
    pub fn wait(&mut self, most: Duration) -> Option<A> {
        if self.is_idle() {
            return None;
        }
        while self.step() {}
        let answer = match &mut self.how {
            How::Thread { answers, .. } => answers.recv_timeout(most).ok(),
            How::ByHand { answers, .. } => answers.pop_front(),
            How::InSteps { answers, .. } => answers.try_recv().ok(),
        };
        self.answered += u64::from(answer.is_some());
        answer
    }

    /// Whether every job given was answered, and the answer taken.
    #[inline]
    pub fn is_idle(&self) -> bool {
        self.given == self.answered
    }

    /// Lets a worker that is driven by hand do what it would do at once; whether it did anything.
    pub fn step(&mut self) -> bool {
        self.step_to(u32::MAX)
    }

    /// The same, but one that goes in steps stops where it pauses for the so-manieth time.
    pub fn step_to(&mut self, pauses: u32) -> bool {
        match &mut self.how {
            How::Thread { .. } => false,
            How::ByHand {
                jobs,
                answers,
                work,
            } => {
                let is_any = !jobs.is_empty();
                if is_any {
                    work.work(jobs, &mut |answer| answers.push_back(answer));
                }
                is_any
            }
            How::InSteps {
                jobs,
                queues: (give, left),
                is_under_way,
                steps,
                ..
            } => {
                if !*is_under_way {
                    if jobs.is_empty() {
                        return false;
                    }
                    // If its thread is gone, the step tells.
                    drop(give.send(std::mem::take(jobs)));
                }
                *is_under_way = steps.step(pauses) == Stop::Paused;
                if !*is_under_way && let Ok(left) = left.recv() {
                    left.into_iter().rev().for_each(|job| jobs.push_front(job));
                }
                true
            }
        }
    }
}

impl<J, A> Drop for Worker<J, A> {
    fn drop(&mut self) {
        if let How::Thread { jobs, thread, .. } = &mut self.how {
            *jobs = None;
            if let Some(thread) = thread.take() {
                // A panic was reported by the panic hook already.
                drop(thread.join());
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::super::steps::pause;
    use super::*;

    /// Answers each number with its double; all that have collected at once.
    struct Doubler;

    impl Work<u32, u32> for Doubler {
        fn work(&mut self, jobs: &mut VecDeque<u32>, answer: &mut dyn FnMut(u32)) {
            for job in jobs.drain(..) {
                answer(job * 2);
            }
        }
    }

    #[test]
    fn a_thread_answers_in_order_and_rings() {
        let rung = Arc::new(AtomicUsize::new(0));
        let count = Arc::clone(&rung);
        let bell = Arc::new(move || {
            count.fetch_add(1, Ordering::Relaxed);
        });
        let mut worker = Worker::start("doubler", bell, Doubler).unwrap();
        assert!(worker.is_idle() && worker.wait(Duration::from_secs(60)).is_none());
        for job in 0..100 {
            worker.give(job);
        }
        for job in 0..100 {
            assert_eq!(worker.wait(Duration::from_secs(60)), Some(job * 2));
        }
        assert!(worker.is_idle() && worker.take().is_none());
        drop(worker);
        assert_eq!(rung.load(Ordering::Relaxed), 100);
    }

    #[test]
    fn by_hand_nothing_happens_untold() {
        let mut worker = Worker::by_hand(Doubler);
        worker.give(1);
        worker.give(2);
        assert!(worker.take().is_none() && !worker.is_idle());
        assert!(worker.step() && !worker.step());
        assert_eq!(
            (worker.take(), worker.take(), worker.take()),
            (Some(2), Some(4), None)
        );
        worker.give(3);
        assert_eq!(worker.wait(Duration::ZERO), Some(6));
        assert!(worker.is_idle());
    }
    /// Pauses within each job.
    struct Slow;

    impl Work<u32, u32> for Slow {
        fn work(&mut self, jobs: &mut VecDeque<u32>, answer: &mut dyn FnMut(u32)) {
            if let Some(job) = jobs.pop_front() {
                pause();
                answer(job + 1);
                pause();
            }
        }
    }

    #[test]
    fn in_steps_it_stops_within_a_job() {
        let mut worker = Worker::in_steps("slow", Slow).unwrap();
        assert!(!worker.step_to(1));
        worker.give(1);
        worker.give(5);
        assert!(worker.step_to(1) && worker.take().is_none());
        assert!(worker.step_to(1));
        assert_eq!(worker.take(), Some(2));
        worker.give(9);
        // The end of the first job; the others one after the other.
        assert!(worker.step_to(1) && worker.step_to(1) && worker.take().is_none());
        assert!(worker.step_to(2));
        assert_eq!(worker.wait(Duration::ZERO), Some(6));
        assert_eq!(worker.wait(Duration::ZERO), Some(10));
        assert!(worker.is_idle() && !worker.step());
        // In the middle of a job it ends by itself.
        worker.give(1);
        assert!(worker.step_to(1));
    }
}
