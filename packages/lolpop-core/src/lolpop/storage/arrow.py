"""Arrow tables and arrays, reduced to Arrow's own stream format, which cuts slices off."""

from __future__ import annotations

from typing import Any

from lolpop.storage.arrays import Raw


def reduce_arrow(value: Any) -> Any:
    """Reduce a table, a record batch, or a whole or chunked array."""
    import pyarrow as pa  # type: ignore[import-not-found,import-untyped,unused-ignore]

    if isinstance(value, pa.Table):
        return _reduced("table", value.schema, value.to_batches())
    if isinstance(value, pa.RecordBatch):
        return _reduced("batch", value.schema, [value])
    chunks = value.chunks if isinstance(value, pa.ChunkedArray) else [value]
    schema = pa.schema([pa.field("", value.type)])
    batches = [pa.RecordBatch.from_arrays([_clean(chunk)], schema=schema) for chunk in chunks]
    return _reduced("chunks" if isinstance(value, pa.ChunkedArray) else "array", schema, batches)


def restore(kind: str, data: memoryview) -> Any:
    """Lay a table or an array over its content."""
    import pyarrow as pa  # type: ignore[import-not-found,import-untyped,unused-ignore]

    with pa.ipc.open_stream(pa.py_buffer(data)) as stream:
        if kind == "batch":
            return stream.read_next_batch()
        if kind == "array":
            return stream.read_next_batch().column(0)
        table = stream.read_all()
    return table if kind == "table" else table.column(0)


def _reduced(kind: str, schema: Any, batches: Any) -> Any:
    import pyarrow as pa  # type: ignore[import-not-found,import-untyped,unused-ignore]

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, schema) as stream:
        for batch in batches:
            stream.write_batch(_cleaned(batch) if kind in ("table", "batch") else batch)
    return restore, (kind, Raw((memoryview(sink.getvalue()),)))


def _cleaned(batch: Any) -> Any:
    columns = [_clean(column) for column in batch.columns]
    dirty = any(new is not old for new, old in zip(columns, batch.columns, strict=True))
    return type(batch).from_arrays(columns, schema=batch.schema) if dirty else batch


def _clean(array: Any) -> Any:
    """Make what lies under nulls, and the bits beyond the end, the same for equal arrays."""
    import pyarrow as pa  # type: ignore[import-not-found,import-untyped,unused-ignore]

    bits = array.null_count or pa.types.is_boolean(array.type)
    if not bits or pa.types.is_nested(array.type) or isinstance(array, pa.ExtensionArray):
        return array
    try:
        return array.take(pa.array(range(len(array)), pa.int64()))
    except pa.ArrowNotImplementedError:
        return array
