CREATE TABLE product (
  productid int AUTO_INCREMENT PRIMARY KEY,
  name varchar(255) NOT NULL,
  price decimal(10, 2) NOT NULL CHECK (price > 0)
);

CREATE TABLE job_done (
  jobid char(36) PRIMARY KEY,
  doneat timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP
);
