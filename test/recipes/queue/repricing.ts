/** What the app hands to the worker: the job, and on whose behalf. */
export interface Repricing {
  by: { userid: string; gsid: string; login: string };
  /** Connection id of the page that asked, so that it knows the change for its own. */
  wssid: string;
  productid: string;
  price: number;
}

export const queueName = 'repricing';
