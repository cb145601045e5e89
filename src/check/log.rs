//! Reads a log from its manifest to its last byte: the base, then every incremental.
//!
//! The rules are those of a start (`server::replay`): a base is a snapshot, commands may follow it;
//! only the end of the last file that holds a command may be torn; damage anywhere else is not
//! passed over. But a start stops at the first thing that is wrong, and a check goes on with the
//! next file, so that everything is known before anything is decided.

use std::ffi::OsStr;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use super::snapshot;
use super::{Verdict, Watch};
use crate::persist::log_reader::{Checked, LogReader, Next, Stop, What};
use crate::persist::manifest::{Manifest, ManifestError};
use crate::persist::storage::{File, Mode, Storage};
use crate::persist::transaction::Pairs;
use crate::resp::request::Request;

/// What the name of a manifest ends with.
const MANIFEST_ENDING: &[u8] = b".manifest";

/// Where a server keeps its log if nobody says otherwise, within its directory.
const LOG_DIR: &str = "appendonlydir";

/// How a log is examined.
pub struct Settings<'a> {
    pub snapshot: snapshot::Settings,
    /// What happened later is to be cut off.
    pub until: Option<i64>,
    /// Why the server would not execute a command, if so.
    pub refusal: &'a dyn Fn(&Request<'_>) -> Option<String>,
}

/// What is to be examined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Target {
    /// A log of several files, by its manifest.
    Manifest(PathBuf),
    /// One file. If a manifest beside it names it, the manifest, and whether others follow.
    File(PathBuf, Option<Neighbour>),
}

/// What the manifest beside a single file says of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Neighbour {
    pub manifest: PathBuf,
    pub is_last: bool,
}

/// Why nothing was examined.
#[derive(Debug)]
pub enum Unusable {
    Io(PathBuf, io::Error),
    NoManifest(PathBuf),
    Manifests(PathBuf, Vec<PathBuf>),
}

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Unusable::Io(path, error) => write!(f, "{}: {error}", path.display()),
            Unusable::NoManifest(dir) => write!(
                f,
                "{}: no manifest there or in {LOG_DIR} within; name the directory of the log \
                 (appenddirname), its manifest, or one file",
                dir.display()
            ),
            Unusable::Manifests(dir, names) => {
                write!(f, "{}: several manifests, name one of:", dir.display())?;
                names
                    .iter()
                    .try_for_each(|name| write!(f, " {}", name.display()))
            }
        }
    }
}

impl std::error::Error for Unusable {}

/// What a file is to the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    Manifest,
    Base,
    Incremental,
    /// A log of one file, as it was before Redis 7.
    Single,
}

impl Role {
    /// Its name.
    pub fn name(self) -> &'static str {
        match self {
            Role::Manifest => "manifest",
            Role::Base => "base",
            Role::Incremental => "incremental",
            Role::Single => "file",
        }
    }
}

/// What is wrong in a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    pub verdict: Verdict,
    /// The first byte that is wrong.
    pub at: u64,
    pub what: String,
    /// The file is good up to here; none if the file is not there.
    pub good_bytes: Option<u64>,
    /// The flush that `good_bytes` is within.
    pub flush_at: Option<u64>,
    /// What is whole behind it.
    pub behind: Checked,
}

impl Fault {
    fn new(verdict: Verdict, at: u64, what: String) -> Fault {
        Fault {
            verdict,
            at,
            what,
            good_bytes: None,
            flush_at: None,
            behind: Checked::default(),
        }
    }
}

/// A place where a file could end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Place {
    pub at: u64,
    /// The flush that it is within.
    pub flush_at: Option<u64>,
    /// Commands before it.
    pub commands: u64,
}

/// What was found in a file.
#[derive(Debug)]
pub struct FileFound {
    pub path: PathBuf,
    pub role: Role,
    pub bytes: u64,
    /// The snapshot it begins with.
    pub snapshot: Option<snapshot::Found>,
    pub commands: u64,
    pub transactions: u64,
    /// What its own checksums cover.
    pub checked: Checked,
    /// The first and the last second that it tells.
    pub times: Option<(i64, i64)>,
    /// Where the first command stands that is later than asked for.
    pub later_at: Option<Place>,
    pub fault: Option<Fault>,
}

impl FileFound {
    fn new(path: PathBuf, role: Role) -> FileFound {
        FileFound {
            path,
            role,
            bytes: 0,
            snapshot: None,
            commands: 0,
            transactions: 0,
            checked: Checked::default(),
            times: None,
            later_at: None,
            fault: None,
        }
    }

    /// What the file is worth.
    pub fn verdict(&self) -> Verdict {
        let fault = self.fault.as_ref();
        fault.map_or(Verdict::Fine, |fault| fault.verdict)
    }

    /// Something is wrong that cannot be cut off.
    fn bad(&mut self, verdict: Verdict, at: u64, what: String) {
        self.fault = Some(Fault::new(verdict, at, what));
    }
}

/// What was found in a log.
#[derive(Debug)]
pub struct Found {
    pub target: Target,
    pub files: Vec<FileFound>,
    /// Files that the manifest names as no longer needed.
    pub history: Vec<PathBuf>,
    /// Files of the directory that the manifest does not name.
    pub strangers: Vec<PathBuf>,
    /// The file that new commands are appended to, if it can be cut: the last one that holds any,
    /// by its place among `files`.
    pub last: Option<usize>,
}

impl Found {
    /// What the log is worth.
    pub fn verdict(&self) -> Verdict {
        let verdicts = self.files.iter().map(FileFound::verdict);
        verdicts.max().unwrap_or_default()
    }
}

fn path_in(dir: &Path, name: &[u8]) -> PathBuf {
    dir.join(OsStr::from_bytes(name))
}

fn dir_of(path: &Path) -> &Path {
    path.parent().unwrap_or(Path::new(""))
}

fn manifests_in(storage: &dyn Storage, dir: &Path) -> io::Result<Vec<PathBuf>> {
    let names = storage.list(dir)?.into_iter();
    let is_manifest = |name: &std::ffi::OsString| name.as_bytes().ends_with(MANIFEST_ENDING);
    Ok(names
        .filter(is_manifest)
        .map(|name| dir.join(name))
        .collect())
}

fn read_whole(file: &dyn File) -> io::Result<Vec<u8>> {
    let len = usize::try_from(file.len()?).unwrap_or(usize::MAX);
    let mut bytes = vec![0; len];
    let count = file.read_full_at(&mut bytes, 0)?;
    bytes.truncate(count);
    Ok(bytes)
}

/// Finds out what `path` is: a directory with a manifest, a manifest, or a file of commands.
///
/// # Errors
/// If there is nothing that could be examined.
pub fn find(storage: &dyn Storage, path: &Path) -> Result<Target, Unusable> {
    let unread = |error| Unusable::Io(path.into(), error);
    // Only a directory can be listed.
    if let Ok(manifests) = manifests_in(storage, path) {
        let within = || manifests_in(storage, &path.join(LOG_DIR)).unwrap_or_default();
        let manifests = match manifests.is_empty() {
            true => within(),
            false => manifests,
        };
        return match <[PathBuf; 1]>::try_from(manifests) {
            Ok([manifest]) => Ok(Target::Manifest(manifest)),
            Err(none) if none.is_empty() => Err(Unusable::NoManifest(path.into())),
            Err(several) => Err(Unusable::Manifests(path.into(), several)),
        };
    }
    let file = storage.open(path, Mode::Read).map_err(unread)?;
    let is_named_so = path.as_os_str().as_bytes().ends_with(MANIFEST_ENDING);
    if is_named_so || begins_as_manifest(&*file).map_err(unread)? {
        return Ok(Target::Manifest(path.into()));
    }
    let neighbour = neighbour_of(storage, path).map_err(unread)?;
    Ok(Target::File(path.into(), neighbour))
}

/// Whether the first line that is no comment is one of a manifest: no command begins so.
fn begins_as_manifest(file: &dyn File) -> io::Result<bool> {
    const LOOK_BYTES: usize = 4096;
    let mut begin = vec![0; LOOK_BYTES];
    let count = file.read_full_at(&mut begin, 0)?;
    let mut lines = begin[..count].split(|byte| *byte == b'\n');
    let first = lines.find(|line| line.first() != Some(&b'#'));
    Ok(first.is_some_and(|line| line.starts_with(b"file ")))
}

fn neighbour_of(storage: &dyn Storage, path: &Path) -> io::Result<Option<Neighbour>> {
    let dir = match dir_of(path) {
        dir if dir.as_os_str().is_empty() => Path::new("."),
        dir => dir,
    };
    let name = path.file_name().unwrap_or_default().as_bytes();
    for manifest_path in manifests_in(storage, dir).unwrap_or_default() {
        let file = storage.open(&manifest_path, Mode::Read)?;
        let Ok(manifest) = Manifest::parse(&read_whole(&*file)?) else {
            continue;
        };
        let parts = manifest.base.iter().chain(&manifest.incrementals);
        let mut names = parts.map(|part| &part.name);
        if names.any(|part| part == name) {
            let last = manifest.incrementals.last();
            return Ok(Some(Neighbour {
                manifest: manifest_path,
                is_last: last.is_some_and(|last| last.name == name),
            }));
        }
    }
    Ok(None)
}

/// Reads everything, and says what was found.
///
/// # Errors
/// If a file cannot be read, for reasons that are not its content.
pub fn examine(
    storage: &dyn Storage,
    target: Target,
    settings: &Settings<'_>,
    watch: &mut dyn Watch,
) -> Result<Found, Unusable> {
    let mut found = Found {
        target: target.clone(),
        files: Vec::new(),
        history: Vec::new(),
        strangers: Vec::new(),
        last: None,
    };
    match &target {
        Target::File(path, neighbour) => {
            let file = examine_file(storage, path, Role::Single, settings, watch)?;
            found.files.push(file);
            // The manifest may know of files that build on this one.
            found.last = neighbour
                .as_ref()
                .is_none_or(|one| one.is_last)
                .then_some(0);
        }
        Target::Manifest(path) => {
            let Some(manifest) = examine_manifest(storage, path, &mut found)? else {
                return Ok(found);
            };
            let dir = dir_of(path);
            let base = manifest.base.iter().map(|part| (part, Role::Base));
            let incrementals = manifest.incrementals.iter();
            let incrementals = incrementals.map(|part| (part, Role::Incremental));
            for (part, role) in base.chain(incrementals) {
                let path = path_in(dir, &part.name);
                let file = examine_file(storage, &path, role, settings, watch)?;
                found.files.push(file);
            }
            found.last = last_of(&found.files);
        }
    }
    settle_torn(&mut found);
    Ok(found)
}

/// Reads the manifest, and looks who is there besides those it names.
fn examine_manifest(
    storage: &dyn Storage,
    path: &Path,
    found: &mut Found,
) -> Result<Option<Manifest>, Unusable> {
    let unread = |error| Unusable::Io(path.into(), error);
    let mut file = FileFound::new(path.into(), Role::Manifest);
    let opened = storage.open(path, Mode::Read).map_err(unread)?;
    let bytes = read_whole(&*opened).map_err(unread)?;
    file.bytes = bytes.len() as u64;
    let manifest = match Manifest::parse(&bytes) {
        Ok(manifest) => Some(manifest),
        Err(error) => {
            let at = line_at(&bytes, &error);
            file.bad(Verdict::Damaged, at, error.to_string());
            None
        }
    };
    found.files.push(file);
    if let Some(manifest) = &manifest {
        let dir = dir_of(path);
        let history = manifest.history.iter();
        found.history = history.map(|part| path_in(dir, &part.name)).collect();
        let listed = match dir.as_os_str().is_empty() {
            true => storage.list(Path::new(".")),
            false => storage.list(dir),
        };
        let parts = manifest.base.iter().chain(&manifest.incrementals);
        let named: Vec<&[u8]> = parts
            .chain(&manifest.history)
            .map(|part| &part.name[..])
            .collect();
        let is_stranger = |name: &std::ffi::OsString| {
            let bytes = name.as_bytes();
            !named.contains(&bytes) && Some(name.as_os_str()) != path.file_name()
        };
        let names = listed.map_err(unread)?.into_iter().filter(is_stranger);
        found.strangers = names.map(|name| dir.join(name)).collect();
    }
    Ok(manifest)
}

/// Where the line begins that an error names.
fn line_at(bytes: &[u8], error: &ManifestError) -> u64 {
    match error.line.checked_sub(1) {
        None => bytes.len() as u64,
        Some(before) => {
            let lines = bytes.split_inclusive(|byte| *byte == b'\n').take(before);
            lines.map(|line| line.len() as u64).sum()
        }
    }
}

/// The last file that holds a command; what stands behind it holds nothing, and is whole.
fn last_of(files: &[FileFound]) -> Option<usize> {
    let holds = |file: &FileFound| file.commands > 0 || file.fault.is_some();
    let last = files.iter().rposition(holds).unwrap_or(files.len() - 1);
    (files[last].role == Role::Incremental).then_some(last)
}

/// What looks like the end of a crash is one only where a log ends.
fn settle_torn(found: &mut Found) {
    let last = found.last;
    for (index, file) in found.files.iter_mut().enumerate() {
        let may_be_torn = Some(index) == last || file.role == Role::Single;
        if let Some(fault) = &mut file.fault
            && fault.verdict == Verdict::Torn
            && !may_be_torn
        {
            fault.verdict = Verdict::Damaged;
        }
    }
}

fn examine_file(
    storage: &dyn Storage,
    path: &Path,
    role: Role,
    settings: &Settings<'_>,
    watch: &mut dyn Watch,
) -> Result<FileFound, Unusable> {
    let unread = |error| Unusable::Io(path.into(), error);
    let mut found = FileFound::new(path.into(), role);
    watch.begin(path);
    let file = match storage.open(path, Mode::Read) {
        Err(error) if error.kind() == io::ErrorKind::NotFound && role != Role::Single => {
            let what = "the file is not there, and the manifest names it";
            found.bad(Verdict::Damaged, 0, what.into());
            return Ok(found);
        }
        other => other.map_err(unread)?,
    };
    found.bytes = file.len().map_err(unread)?;
    let shared = file.share().map_err(unread)?;
    let begin = match snapshot::examine(shared, &settings.snapshot, watch).map_err(unread)? {
        None => 0,
        Some(Err(damage)) => {
            found.bad(
                snapshot::verdict_of(&damage),
                damage.at,
                damage.what.to_string(),
            );
            return Ok(found);
        }
        Some(Ok(snapshot)) => {
            let begin = snapshot.good_bytes;
            if let Some(damage) = &snapshot.damage {
                found.bad(snapshot.verdict(), damage.at, damage.what.to_string());
            }
            found.snapshot = Some(snapshot);
            begin
        }
    };
    if found.fault.is_none() {
        examine_commands(file, begin, &mut found, settings, watch).map_err(unread)?;
    }
    Ok(found)
}

/// What came next, told without borrowing the reader.
enum Step {
    Command(Result<(), Fault>),
    Time(i64),
    End,
    Stop(Stop),
}

fn examine_commands(
    file: Box<dyn File>,
    begin: u64,
    found: &mut FileFound,
    settings: &Settings<'_>,
    watch: &mut dyn Watch,
) -> io::Result<()> {
    let mut reader = LogReader::new(file, begin)?;
    let mut pairs = Pairs::default();
    // Where the transaction under way could be cut off.
    let mut open = None;
    let fault = loop {
        let at = reader.at();
        let step = match reader.next() {
            Ok(Next::Command(request)) => Step::Command(judge(&request, &mut pairs, at, settings)),
            Ok(Next::Time(seconds)) => Step::Time(seconds),
            Ok(Next::End) => Step::End,
            Err(stop) => Step::Stop(stop),
        };
        let place = Place {
            at: reader.last_at(),
            flush_at: reader.flush_at(),
            commands: found.commands,
        };
        match step {
            Step::Command(Ok(())) => found.commands += 1,
            Step::Command(Err(mut fault)) => {
                fault.at = place.at;
                fault.good_bytes = Some(place.at);
                fault.flush_at = place.flush_at;
                break Some(fault);
            }
            Step::Time(seconds) => {
                let (first, _) = found.times.unwrap_or((seconds, seconds));
                found.times = Some((first, seconds));
                // A transaction is done together, whenever its commands were.
                let is_later = settings.until.is_some_and(|until| seconds > until);
                if is_later && pairs.open_at().is_none() && found.later_at.is_none() {
                    found.later_at = Some(place);
                }
            }
            Step::End => break None,
            Step::Stop(stop) => break Some(of_stop(stop)?),
        }
        match pairs.open_at() {
            None => open = None,
            Some(_) => open = open.or(Some(place)),
        }
        watch.progress(reader.at(), reader.file_bytes());
    };
    found.transactions = pairs.ended;
    found.checked = reader.checked();
    found.fault = with_open(fault, open);
    if let Some(fault) = &mut found.fault {
        fault.behind = reader.survey(fault.at);
    }
    Ok(())
}

/// Whether a command can stand where it stands, and the server would execute it.
fn judge(
    request: &Request<'_>,
    pairs: &mut Pairs,
    at: u64,
    settings: &Settings<'_>,
) -> Result<(), Fault> {
    pairs
        .step(request.bytes(0), at)
        .map_err(|what| Fault::new(Verdict::Damaged, at, what.into()))?;
    match (settings.refusal)(request) {
        Some(what) => Err(Fault::new(Verdict::Refused, at, what)),
        None => Ok(()),
    }
}

fn of_stop(stop: Stop) -> io::Result<Fault> {
    let what = stop.to_string();
    if let What::Io(error) = stop.what {
        return Err(error);
    }
    let verdict = match stop.torn {
        true => Verdict::Torn,
        false => Verdict::Damaged,
    };
    Ok(Fault {
        good_bytes: Some(stop.good_bytes),
        ..Fault::new(verdict, stop.good_bytes, what)
    })
}

/// A fault within a transaction leaves nothing of the transaction.
fn with_open(fault: Option<Fault>, open: Option<Place>) -> Option<Fault> {
    let Some(open) = open else {
        return fault;
    };
    let alone = || {
        let at = open.at;
        let what =
            format!("the file ends within a transaction: the MULTI at byte {at} has no EXEC");
        Fault::new(Verdict::Torn, at, what)
    };
    Some(Fault {
        good_bytes: Some(open.at),
        flush_at: open.flush_at,
        ..fault.unwrap_or_else(alone)
    })
}
