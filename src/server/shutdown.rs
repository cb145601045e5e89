//! The orderly end: asked for by SHUTDOWN or a signal, carried out at the end of a turn.

use super::Server;
use crate::client::slab::ClientKey;
use crate::command::error::CommandError;
use crate::config::OnSignal;

/// How the server is to end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shutdown {
    pub save: Save,
    /// Do not wait for replicas.
    pub now: bool,
    /// End even if saving fails.
    pub force: bool,
    /// Who asked for it, if no signal did: if it fails all the same at the end of the turn, that
    /// is the reply.
    pub by: Option<ClientKey>,
}

/// Whether a snapshot is written first.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Save {
    /// If save points are configured.
    #[default]
    Configured,
    Always,
    Never,
}

impl Shutdown {
    /// How a signal asks for the end.
    fn asked_by_signal(wish: OnSignal) -> Shutdown {
        Shutdown {
            save: if wish.contains(OnSignal::SAVE) {
                Save::Always
            } else if wish.contains(OnSignal::NOSAVE) {
                Save::Never
            } else {
                Save::Configured
            },
            now: wish.contains(OnSignal::NOW),
            force: wish.contains(OnSignal::FORCE),
            by: None,
        }
    }
}

impl Server {
    /// Takes the signals that arrived.
    pub(super) fn take_signals(&mut self) {
        let Some(signals) = &mut self.io.signals else {
            return;
        };
        for signal in signals.pending() {
            let name = match signal {
                libc::SIGINT => "SIGINT",
                libc::SIGTERM => "SIGTERM",
                // A closed terminal, or a script that means "read your files again": neither ends
                // the server.
                _ => continue,
            };
            if self.shutdown.is_some() && signal == libc::SIGINT {
                // Somebody at the keyboard does not want to wait any longer.
                log::warn!("You insist... exiting now.");
                std::process::exit(1);
            }
            match self.loading {
                None => log::warn!("Received {name} scheduling shutdown..."),
                Some(_) => log::warn!("Received shutdown signal during loading, exiting now."),
            }
            self.shutdown = Some(Shutdown::asked_by_signal(if signal == libc::SIGINT {
                self.config.shutdown_on_sigint
            } else {
                self.config.shutdown_on_sigterm
            }));
        }
    }

    /// Writes the end of the log, and the snapshot that the end asks for; whether the server may end.
    pub(crate) fn save_before_end(&mut self, asked: Shutdown) -> bool {
        if !self.finish_log(asked.force) {
            return false;
        }
        let wanted = match asked.save {
            Save::Always => true,
            Save::Never => false,
            Save::Configured => !self.config.save.is_empty(),
        };
        // Half of the data must not take the place of all of them.
        if !wanted || self.loading.is_some() {
            return true;
        }
        log::warn!("Saving the final RDB snapshot before exiting.");
        self.abandon_saving();
        match self.save_now() {
            Ok(()) => true,
            Err(error) => {
                log::warn!("Error trying to save the DB, can't exit: {error}");
                asked.force
            }
        }
    }

    /// Ends the server if that was asked for; whether it has ended.
    pub(super) fn shutdown_if_asked(&mut self) -> bool {
        let Some(asked) = self.shutdown.take() else {
            return false;
        };
        if !self.save_before_end(asked) {
            if let Some(key) = asked.by
                && let Some(client) = self.clients.get_mut(key)
            {
                client.reply.error(CommandError::SHUTDOWN_FAILED.text());
                self.want_write(key);
            }
            return false;
        }
        self.shutdown = Some(asked);
        self.abandon_saving();
        log::warn!("User requested shutdown...");
        for listener in &mut self.io.listeners {
            listener.deregister(self.io.poll.registry());
        }
        self.io.listeners.clear();
        self.close_log(true);
        self.write_all();
        true
    }
}
