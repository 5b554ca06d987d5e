"""Readers of published sanctions and PEP lists: from the publisher's file to plain values."""
