"""What CRMs hold and how to speak to them; imports nothing of pipelines."""
