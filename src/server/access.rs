//! Who a client is and what it may: the users of [`crate::acl`] applied to connections.
//!
//! Two of a client's flags follow from its user, so that the gate asks nothing else of most
//! clients: whether it may run commands at all (`AUTHENTICATED`), and whether what it sends must
//! be looked at (`RESTRICTED`). Whatever changes a user brings the flags of its clients up to it.

use super::Server;
use super::table::Command;
use crate::acl::file::{self, Refused};
use crate::acl::log::{Context, Reason, Refusal};
use crate::acl::{Asked, Defaults, Denied, Fault, User, UserId, is_name};
use crate::admin;
use crate::client::slab::ClientKey;
use crate::client::subscriptions::Kind;
use crate::client::{Client, ClientFlags, CloseReason};
use crate::command::error::CommandError;
use crate::command::spec::{Begin, Flags};
use crate::config::disk::Disk;
use crate::config::file::{ConfigError, Files, plain};
use crate::config::{AclPubsubDefault, UserLine};
use crate::resp::request::Request;

/// Why the users of the configuration cannot be.
#[derive(Debug)]
pub enum UsersError {
    /// A line of the configuration is wrong.
    Line(ConfigError),
    /// The file of users is wrong.
    File(String),
    /// Users stand in the configuration and in a file.
    Both,
}

impl std::fmt::Display for UsersError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            UsersError::Line(error) => error.fmt(f),
            UsersError::File(faults) => {
                write!(f, "Aborting Ruddle startup because of ACL errors: {faults}")
            }
            UsersError::Both => f.write_str(
                "Configuring Ruddle with users defined in its configuration file and at the same \
                 time setting an ACL file path is invalid. This setup is very likely to lead to \
                 configuration errors and security holes, please define either an ACL file or \
                 declare users directly in the configuration file, but not both.",
            ),
        }
    }
}

impl Client {
    /// Its flags follow from whose it is, and whether that is known.
    fn become_user(&mut self, id: UserId, user: &User, is_known: bool) {
        self.user = id;
        self.flags.set(ClientFlags::AUTHENTICATED, is_known);
        self.flags
            .set(ClientFlags::RESTRICTED, !user.is_unrestricted());
    }
}

/// Whether anybody may be this user without saying more.
fn is_open(user: &User) -> bool {
    user.is_enabled() && user.needs_no_password()
}

impl Server {
    /// What a new user has that nothing was said of.
    pub fn user_defaults(&self) -> Defaults {
        Defaults {
            all_channels: self.config.acl_pubsub_default == AclPubsubDefault::AllChannels,
        }
    }

    /// A client as it arrives: the default user, let in if that needs no password.
    pub(super) fn begin_session(&self, client: &mut Client) {
        let user = self.acl.default_user();
        client.become_user(UserId::DEFAULT, user, is_open(user));
    }

    /// The same for one that is here already.
    pub fn log_out(&mut self, key: ClientKey) {
        let user = self.acl.default_user();
        self.clients[key].become_user(UserId::DEFAULT, user, is_open(user));
    }

    /// A client has shown that it is `user`.
    pub fn log_in(&mut self, key: ClientKey, user: UserId) {
        self.clients[key].become_user(user, self.acl.user(user), true);
    }

    /// The refusal of what a client asks for that has not said who it is, is in a transaction or
    /// may not do everything.
    #[cold]
    pub(super) fn refusal_to(
        &mut self,
        key: ClientKey,
        command: &Command,
        request: Request<'_>,
    ) -> Option<CommandError> {
        let flags = self.clients[key].flags;
        let is_known = flags.contains(ClientFlags::AUTHENTICATED);
        if !is_known && !command.spec.flags.contains(Flags::NO_AUTH) {
            return Some(CommandError::NOAUTH);
        }
        let in_multi = flags.contains(ClientFlags::IN_MULTI);
        if in_multi && command.spec.flags.contains(Flags::NO_MULTI) {
            return Some(CommandError::NOT_IN_MULTI);
        }
        if !flags.contains(ClientFlags::RESTRICTED) {
            return None;
        }
        let denied = self.denied(key, command, request)?;
        let context = match in_multi {
            true => Context::Multi,
            false => Context::TopLevel,
        };
        self.note_denied(key, command, request, denied, context);
        let user = self.acl.user(self.clients[key].user);
        Some(match denied {
            Denied::Command => CommandError::denied_command(user.name(), &command.name),
            Denied::Key(_) => CommandError::DENIED_KEY,
            Denied::Channel(_) => CommandError::DENIED_CHANNEL,
            Denied::Database(_) => CommandError::DENIED_DATABASE,
        })
    }

    /// The refusal of a queued command that its user may no longer run.
    #[cold]
    pub(super) fn refusal_at_exec(
        &mut self,
        key: ClientKey,
        command: &Command,
        request: Request<'_>,
    ) -> Option<CommandError> {
        let denied = self.denied(key, command, request)?;
        self.note_denied(key, command, request, denied, Context::Multi);
        Some(CommandError::denied_by_now(match denied {
            Denied::Command => "no permission to execute the command or subcommand",
            Denied::Key(_) => "no permission to touch the specified keys",
            Denied::Channel(_) => "no permission to access one of the channels used as arguments",
            Denied::Database(_) => "no permission",
        }))
    }

    fn denied(
        &mut self,
        key: ClientKey,
        command: &Command,
        request: Request<'_>,
    ) -> Option<Denied> {
        let client = &self.clients[key];
        let asked = self.asked(command, request, client.db);
        self.acl.check(client.user, &asked).err()
    }

    /// A request as access control sees it.
    pub fn asked<'a>(&self, command: &Command, request: Request<'a>, database: usize) -> Asked<'a> {
        Asked {
            command: usize::from(command.id.0),
            spec: command.spec,
            words: command.words,
            request,
            database,
            databases: usize::try_from(self.config.databases).unwrap_or(usize::MAX),
        }
    }

    /// Whether a client that is not free may read any key there is, with this command: what those
    /// ask whose keys follow from the data (SORT).
    #[cold]
    pub(super) fn reads_all_keys(
        &self,
        key: ClientKey,
        command: &Command,
        request: Request<'_>,
    ) -> bool {
        let specs = command.spec.keys;
        let in_data = specs.iter().any(|spec| spec.begin == Begin::Unknown);
        let client = &self.clients[key];
        let asked = self.asked(command, request, client.db);
        let user = self.acl.user(client.user);
        in_data && user.reads_all_keys(&asked, &mut Vec::new())
    }

    fn note_denied(
        &mut self,
        key: ClientKey,
        command: &Command,
        request: Request<'_>,
        denied: Denied,
        context: Context,
    ) {
        let (reason, counter) = match denied {
            Denied::Command => (Reason::Command, &mut self.metrics.denied_command),
            Denied::Key(_) => (Reason::Key, &mut self.metrics.denied_key),
            Denied::Channel(_) => (Reason::Channel, &mut self.metrics.denied_channel),
            Denied::Database(_) => (Reason::Database, &mut self.metrics.denied_database),
        };
        *counter += 1;
        let object = match denied.argument() {
            Some(index) => request.bytes(index),
            None => command.name.as_bytes(),
        };
        let client = &self.clients[key];
        let refusal = Refusal {
            reason,
            context,
            object: object.into(),
            user: self.acl.user(client.user).name().into(),
        };
        let line = admin::client_line(self, key, &client.reply);
        self.note_refusal(refusal, line);
    }

    /// Puts a refusal into the log, with what CLIENT LIST says of the client.
    pub fn note_refusal(&mut self, refusal: Refusal, client: String) {
        let len_max = usize::try_from(self.config.acllog_max_len).unwrap_or(usize::MAX);
        self.acl.log.add(refusal, client, self.now.ms(), len_max);
    }

    /// Takes a user in that is new or has changed. Its clients may do what it says from now on;
    /// those that listen to what it no longer may hear are disconnected.
    pub fn put_user(&mut self, user: User, caller: Option<ClientKey>) {
        let id = self.acl.put(user);
        let user = self.acl.user(id);
        let restricted = !user.is_unrestricted();
        let is_open = id == UserId::DEFAULT && is_open(user);
        for key in self.clients.keys_by_id() {
            let client = &mut self.clients[key];
            if client.user != id {
                continue;
            }
            client.flags.set(ClientFlags::RESTRICTED, restricted);
            if is_open {
                // Nobody could answer any more to being asked for a password.
                client.flags.insert(ClientFlags::AUTHENTICATED);
            }
        }
        self.disconnect_listeners(id, caller);
    }

    /// Removes a user and disconnects its clients; whether there was one.
    pub fn remove_user(&mut self, name: &[u8], caller: Option<ClientKey>) -> bool {
        let Some(id) = self.acl.remove(name) else {
            return false;
        };
        for key in self.clients.keys_by_id() {
            if self.clients[key].user == id {
                self.disconnect(key, caller);
            }
        }
        true
    }

    /// Cuts off a client whose user may not be here, or hear what it hears; the one that caused it
    /// still gets its reply.
    fn disconnect(&mut self, key: ClientKey, caller: Option<ClientKey>) {
        self.log_out(key);
        self.clients[key].flags.remove(ClientFlags::AUTHENTICATED);
        let reason = match caller == Some(key) {
            true => CloseReason::AfterReply,
            false => CloseReason::CutOff,
        };
        self.close(key, reason);
    }

    /// Cuts off the clients of a user that listen to channels it may not hear.
    fn disconnect_listeners(&mut self, id: UserId, caller: Option<ClientKey>) {
        if self.pubsub.clients() == 0 {
            return;
        }
        for key in self.clients.keys_by_id() {
            let client = &self.clients[key];
            let listens = client.user == id && client.subscriptions.is_some();
            if listens && !self.hears_only_allowed(key) {
                self.disconnect(key, caller);
            }
        }
    }

    /// Whether a client listens to nothing that its user may not hear.
    fn hears_only_allowed(&self, key: ClientKey) -> bool {
        let user = self.acl.user(self.clients[key].user);
        Kind::ALL.into_iter().all(|kind| {
            let names = self.pubsub.names_of(&self.clients, key, kind);
            names.iter().all(|name| match kind {
                Kind::Pattern => user.allows_channel_pattern(name),
                Kind::Channel | Kind::Shard => user.allows_channel(name),
            })
        })
    }

    /// The password of the default user is what `requirepass` says.
    pub fn follow_requirepass(&mut self) {
        let mut user = self.acl.default_user().clone();
        user.set_password(&self.config.requirepass);
        self.put_user(user, None);
    }

    /// Takes in the users that the configuration names, at the start.
    ///
    /// # Errors
    /// If one of them is wrong; the server must not start then.
    pub(super) fn load_users(&mut self) -> Result<(), UsersError> {
        if !self.config.requirepass.is_empty() {
            self.follow_requirepass();
        }
        if !self.config.users.is_empty() && !self.config.aclfile.is_empty() {
            return Err(UsersError::Both);
        }
        let lines = std::mem::take(&mut self.config.users);
        for (index, line) in lines.iter().enumerate() {
            let user = self.user_of(line, &lines[..index]);
            let user = user.map_err(|reason| UsersError::Line(line.error(reason)))?;
            if !user.is_enabled() {
                log::info!(
                    "The user '{}' is disabled (there is no 'on' modifier in the user \
                     description). Make sure this is not a configuration error.",
                    String::from_utf8_lossy(user.name()),
                );
            }
            self.put_user(user, None);
        }
        if !self.config.aclfile.is_empty() {
            self.load_users_file(None).map_err(UsersError::File)?;
        }
        Ok(())
    }

    /// The user of a `user` line, of which `before` stand before it.
    fn user_of(&self, line: &UserLine, before: &[UserLine]) -> Result<User, String> {
        let declared = |what: &str| {
            let name = String::from_utf8_lossy(&line.name);
            format!("Error in user declaration '{name}': {what}")
        };
        if !is_name(&line.name) {
            return Err(declared("Spaces not allowed in ACL usernames"));
        }
        if before.iter().any(|other| other.name == line.name) {
            return Err(declared(Fault::Duplicate.text()));
        }
        let defaults = self.user_defaults();
        let catalog = self.acl.catalog();
        let mut user = User::new(&line.name, catalog, defaults);
        let rules: Vec<&[u8]> = line.rules.iter().map(Vec::as_slice).collect();
        match file::change(&mut user, &rules, catalog, defaults) {
            Ok(()) => Ok(user),
            Err(Refused::Unmatched(_)) => Err(declared(Fault::Unmatched.text())),
            Err(Refused::Rule(rule, Fault::Unknown)) => {
                let rule = String::from_utf8_lossy(&rule);
                Err(declared(&format!("{} ('{rule}')", Fault::Unknown)))
            }
            Err(Refused::Rule(_, fault)) => Err(declared(fault.text())),
        }
    }

    /// Replaces all users by those of `aclfile`: all of them or, if one is wrong, none. Clients
    /// whose user is gone are disconnected.
    ///
    /// # Errors
    /// Everything that is wrong with the file.
    pub fn load_users_file(&mut self, caller: Option<ClientKey>) -> Result<(), String> {
        let name = String::from_utf8_lossy(&self.config.aclfile).into_owned();
        let text = Disk.read(&self.config.aclfile).map_err(|error| {
            let reason = plain(&error);
            format!("Error loading ACLs, opening file '{name}': {reason}")
        })?;
        let defaults = self.user_defaults();
        let mut users = file::parse(&name, &text, self.acl.catalog(), defaults)?;
        users.extend(file::default_user(&users, self.acl.catalog()));
        let is_kept = |known: &&User| users.iter().any(|user| user.name() == known.name());
        let gone = self.acl.users().filter(|known| !is_kept(known));
        let gone: Vec<Box<[u8]>> = gone.map(|user| user.name().into()).collect();
        for name in gone {
            self.remove_user(&name, caller);
        }
        for user in users {
            self.put_user(user, caller);
        }
        Ok(())
    }

    /// The `user` lines of the configuration file; none where the users stand in a file of theirs.
    pub fn user_lines(&self) -> Vec<Vec<u8>> {
        if !self.config.aclfile.is_empty() {
            return Vec::new();
        }
        self.acl.users().map(file::quoted_line).collect()
    }
}
