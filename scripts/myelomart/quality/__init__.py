"""Quality at the door: what is checked in landed sources, how, and what a failure means."""
