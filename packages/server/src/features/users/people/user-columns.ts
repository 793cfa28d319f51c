import { searchKey, uniqueKey } from "../../../store/search-key.ts";

// Every name is stored with the form in which it is compared, sorted and searched; those that are unique in whole.
export const usernameColumns = (username: string) => ({
  username,
  username_key: uniqueKey(username),
});
export const emailColumns = (email: string) => ({ email, email_key: uniqueKey(email) });
export const firstNameColumns = (name: string) => ({
  first_name: name,
  first_name_key: searchKey(name),
});
export const lastNameColumns = (name: string) => ({
  last_name: name,
  last_name_key: searchKey(name),
});
