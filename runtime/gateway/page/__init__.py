"""What a person who looks after a store sees of it: its tills, their queues and devices, sales of the day, alarms."""
