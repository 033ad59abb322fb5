{{ of_all_crms('pipelines') }}
