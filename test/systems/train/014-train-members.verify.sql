-- Each train has an owner.
SELECT train_id FROM trains WHERE train_id NOT IN (
    SELECT train_id FROM train_members WHERE role = 'owner');
