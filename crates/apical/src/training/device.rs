use candle_core::Device;

use crate::ApicalError;

/// The device of a name: `cpu`, `cuda` or `cuda:N`.
///
/// # Errors
///
/// [`ApicalError::Device`] for another name, a device that is not there, or a program built without the feature `cuda`.
pub fn device(name: &str) -> Result<Device, ApicalError> {
    let wrong = |what: String| ApicalError::Device { name: name.to_owned(), what };
    match name.split_once(':').unwrap_or((name, "0")) {
        ("cpu", "0") => Ok(Device::Cpu),
        ("cuda", number) => {
            let expected = || wrong("the number of a device is a whole number".to_owned());
            let number = number.parse().map_err(|_| expected())?;
            Device::new_cuda(number).map_err(|error| wrong(error.to_string()))
        }
        _ => Err(wrong("is neither cpu nor cuda:N".to_owned())),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn devices_have_names() {
        assert!(device("cpu").unwrap().is_cpu());
        for name in ["gpu", "cuda:x", "cpu:3", ""] {
            let error = device(name).unwrap_err().to_string();
            assert!(error.starts_with(&format!("device {name:?}")), "{error}");
        }
    }
}
