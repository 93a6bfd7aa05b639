"""Reads a trained model: its answers, and what it generates."""

from progtx_core.evaluation.answers import predict
