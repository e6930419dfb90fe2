"""From one release to the next: plan, apply, rollback, quarantine, doctor. What a release is lives above."""
