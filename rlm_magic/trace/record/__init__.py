"""The record of a finished run that is saved in its notebook."""

from rlm_magic.trace.record.bundle import record_bundle
from rlm_magic.trace.record.format import RECORD, RecordMetadata, RunRecord

__all__ = ["RECORD", "RecordMetadata", "RunRecord", "record_bundle"]
