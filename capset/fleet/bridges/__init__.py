"""Bridges: processes as others' events have them, a module for each dialect; nothing is asked of Arrow here."""
