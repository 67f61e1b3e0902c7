check("it is open", true);
