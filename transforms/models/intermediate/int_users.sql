{{ of_all_crms('users') }}
