use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::Path;

use npyz::{DType, NpyFile, Order, TypeChar};

use super::npy::npy;
use crate::ApicalError;

/// A matrix of finite numbers, not empty.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct Matrix {
    /// Number of rows.
    pub rows: usize,
    /// Number of columns.
    pub columns: usize,
    /// `[rows × columns]`, column fastest.
    pub values: Vec<f64>,
}

/// Reads an npy file of float32 or float64 with two axes, in C or Fortran order: such as `voltage_mv.npy` of a run,
/// `[compartments, times]`.
///
/// # Errors
///
/// [`ApicalError`] naming the file if it cannot be read, is of another type, or has another number of axes or none of its
/// rows or columns; with row and column of the first value that is not finite.
pub fn read_matrix(path: &Path) -> Result<Matrix, ApicalError> {
    let unreadable = |source| ApicalError::Npy { path: path.to_owned(), source };
    let file = File::open(path).map_err(ApicalError::io(path))?;
    let file = npy(BufReader::new(file)).map_err(unreadable)?;
    let order = file.order();
    let (rows, columns) = match *file.shape() {
        [rows, columns] if rows > 0 && rows.checked_mul(columns).is_some_and(|size| size > 0) => {
            (rows as usize, columns as usize)
        }
        _ => {
            return Err(ApicalError::NpyShape {
                path: path.to_owned(),
                found: file.shape().to_vec(),
                expected: "two axes, neither of them empty, of a size that memory can hold",
            });
        }
    };
    let dtype = file.dtype();
    let values = match &dtype {
        DType::Plain(plain) => match (plain.type_char(), plain.size_field()) {
            (TypeChar::Float, 4) => floats::<f32, _>(file),
            (TypeChar::Float, 8) => floats::<f64, _>(file),
            _ => return Err(of_another_type(path, &dtype)),
        },
        _ => return Err(of_another_type(path, &dtype)),
    };
    let values = values.map_err(unreadable)?;
    let values = match order {
        Order::C => values,
        Order::Fortran => {
            let row = |row: usize| values[row..].iter().step_by(rows).copied();
            (0..rows).flat_map(row).collect()
        }
    };
    if let Some(at) = values.iter().position(|value| !value.is_finite()) {
        let (row, column, value) = (at / columns, at % columns, values[at]);
        return Err(ApicalError::NotFinite { path: path.to_owned(), row, column, value });
    }
    Ok(Matrix { rows, columns, values })
}

fn of_another_type(path: &Path, dtype: &DType) -> ApicalError {
    ApicalError::NpyType {
        path: path.to_owned(),
        found: dtype.descr(),
        expected: "float32 or float64",
    }
}

fn floats<T: npyz::Deserialize + Into<f64>, R: Read>(file: NpyFile<R>) -> io::Result<Vec<f64>> {
    let values = file.data::<T>().map_err(io::Error::other)?;
    values.map(|value| value.map(Into::into)).collect()
}

#[cfg(test)]
mod tests {
    use std::fs;

    use npyz::WriterBuilder;

    use super::*;

    fn write<T: npyz::AutoSerialize>(path: &Path, order: Order, shape: &[u64], values: &[T]) {
        let mut bytes = Vec::new();
        let options = npyz::WriteOptions::new().default_dtype().shape(shape).order(order);
        let mut writer = options.writer(&mut bytes).begin_nd().unwrap();
        writer.extend(values).unwrap();
        writer.finish().unwrap();
        fs::write(path, bytes).unwrap();
    }

    #[test]
    fn any_order_and_precision() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.npy");
        let expected = Matrix { rows: 2, columns: 3, values: vec![1.0, 2.0, 3.0, 4.0, 5.0, -6.5] };
        write(&path, Order::C, &[2, 3], &expected.values);
        assert_eq!(read_matrix(&path).unwrap(), expected);
        write(&path, Order::Fortran, &[2, 3], &[1.0_f32, 4.0, 2.0, 5.0, 3.0, -6.5]);
        assert_eq!(read_matrix(&path).unwrap(), expected);
    }

    #[test]
    fn what_is_no_matrix_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("v.npy");
        write(&path, Order::Fortran, &[2, 3], &[1.0, 4.0, 2.0, f64::NAN, 3.0, 6.0]);
        let error = read_matrix(&path).unwrap_err();
        assert!(matches!(error, ApicalError::NotFinite { row: 1, column: 1, .. }), "{error}");
        write(&path, Order::C, &[3], &[1.0, 2.0, 3.0]);
        assert!(matches!(read_matrix(&path), Err(ApicalError::NpyShape { .. })));
        write::<f64>(&path, Order::C, &[3, 0], &[]);
        assert!(matches!(read_matrix(&path), Err(ApicalError::NpyShape { .. })));
        write(&path, Order::C, &[1, 1], &[1_i64]);
        assert!(matches!(read_matrix(&path), Err(ApicalError::NpyType { .. })));
        write(&path, Order::C, &[1, 2], &[1.0, 2.0]);
        let bytes = fs::read(&path).unwrap();
        fs::write(&path, &bytes[..bytes.len() - 1]).unwrap();
        assert!(matches!(read_matrix(&path), Err(ApicalError::Npy { .. })));
        assert!(matches!(
            read_matrix(&folder.path().join("none.npy")),
            Err(ApicalError::Io { .. })
        ));
    }
}
