{{ matched_one_to_one(ref('int_users'), 'user_id', comparable_email('email')) }}
