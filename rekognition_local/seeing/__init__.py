"""Looking at pictures with trained models, in processes of their own."""
