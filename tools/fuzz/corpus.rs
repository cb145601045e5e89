//! The inputs that are worth keeping: in memory while fuzzing, in files between runs.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

/// Where the corpus is, in the repository.
pub(crate) const DIRECTORY: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/fuzz");

/// Signatures remembered at most; a target with more says too much in its signature.
const SIGNATURES_MAX: usize = 100_000;

/// The shortest input seen for each signature.
#[derive(Debug, Default)]
pub(crate) struct Pool {
    places: BTreeMap<u64, usize>,
    inputs: Vec<Vec<u8>>,
}

impl Pool {
    pub(crate) fn len(&self) -> usize {
        self.inputs.len()
    }

    /// Keeps `input` if nothing as short did the same.
    pub(crate) fn offer(&mut self, signature: u64, input: Vec<u8>) {
        if let Some(place) = self.places.get(&signature) {
            let known = &mut self.inputs[*place];
            if input.len() < known.len() {
                *known = input;
            }
        } else if self.inputs.len() < SIGNATURES_MAX {
            self.places.insert(signature, self.inputs.len());
            self.inputs.push(input);
        }
    }

    /// One of the inputs.
    pub(crate) fn pick(&self, random: &mut fastrand::Rng) -> &[u8] {
        match self.inputs.len() {
            0 => b"",
            count => &self.inputs[random.usize(..count)],
        }
    }
}

/// The inputs in a directory, in the order of their names; none when it does not exist.
pub(crate) fn load(directory: &Path) -> Vec<Vec<u8>> {
    let mut paths: Vec<PathBuf> = fs::read_dir(directory)
        .into_iter()
        .flatten()
        .filter_map(|entry| Some(entry.ok()?.path()))
        .collect();
    paths.sort();
    paths
        .iter()
        .filter_map(|path| fs::read(path).ok())
        .collect()
}

/// Makes the directory hold the pool. Crashes of the past stay, whatever their signature.
pub(crate) fn save(directory: &Path, pool: &Pool) {
    fs::create_dir_all(directory).expect("the corpus can be written");
    for entry in fs::read_dir(directory).into_iter().flatten().flatten() {
        if !entry.file_name().to_string_lossy().starts_with("crash-") {
            fs::remove_file(entry.path()).expect("the corpus can be written");
        }
    }
    for input in &pool.inputs {
        fs::write(directory.join(name_of(input)), input).expect("the corpus can be written");
    }
}

/// Keeps an input that made its target panic.
pub(crate) fn save_crash(directory: &Path, input: &[u8]) -> PathBuf {
    fs::create_dir_all(directory).expect("the corpus can be written");
    let path = directory.join(format!("crash-{}", name_of(input)));
    fs::write(&path, input).expect("the corpus can be written");
    path
}

/// A name that depends on the content only (FNV-1a), so that a corpus merges as a set does.
fn name_of(input: &[u8]) -> String {
    let hash = input.iter().fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| {
        (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3)
    });
    format!("{hash:016x}")
}
