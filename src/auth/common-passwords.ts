/**
 * The most frequent passwords of ten and more characters, and the words they consist of, from published lists of leaked
 * passwords. Compared in lower case, as typed and without digits and signs.
 */
export const COMMON_PASSWORDS: ReadonlySet<string> = new Set(
  `1234567890 12345678910 123456789a 1q2w3e4r5t 1qaz2wsx3edc q1w2e3r4t5 qwertyuiop qwerty1234 qwerty12345 qwerty123456
  asdfghjkl1 asdfghjklm zxcvbnm123 zaq12wsxcde 1234qwerasdf abcd123456 abc1234567 abcdefghij aa12345678 a123456789 password
  password1! password12 password123 password1234 passwordpassword passw0rd12 passw0rd123 p@ssw0rd12 p@ssword123 mypassword
  mypassword1 newpassword changeme12 changeme123 changeme1234 letmein123 letmein1234 welcome123 welcome1234 welcome2024
  welcome2025 welcome2026 administrator administrator1 admin12345 admin123456 adminadmin adminadmin1 root123456 rootroot12
  toortoortoor iloveyou12 iloveyou123 iloveyouforever sunshine123 princess123 football123 baseball123 basketball superman123
  batman12345 starwars123 dragon12345 monkey12345 master12345 shadow12345 trustno1234 whatever123 charlie123 michael123
  jennifer12 jessica123 michelle12 mustang1234 liverpool1 liverpool123 chelsea1234 arsenal1234 barcelona1 realmadrid
  manchester pokemon123 minecraft1 minecraft123 computer123 internet123 samsung123 blink182blink 0987654321 0123456789
  9876543210 1111111111 0000000000 1212121212 1122334455 1029384756 147258369a 159357159357 789456123a 987654321a 741852963a
  123123123a 123qwe123qwe qweasdzxc1 qweasdzxc123 qazwsxedc1 qazwsxedcrfv 1qazxsw23edc zxcvbnmasdf asdfasdfasdf qwerqwerqwer
  testtest12 test123456 test1234567 testing123 testing1234 user123456 guest12345 default123 secret1234 secretpassword
  correcthorsebatterystaple missioncontrol missioncontrol1 mission-control mission123 spring2024! spring2025! spring2026!
  summer2024! summer2025! summer2026! autumn2025! autumn2026! winter2024! winter2025! winter2026! company123 january2026
  february2026 december2025 november2026 monday12345 friday12345 freedom123 ferrari123 mercedes123 hannah12345 letmeinplease
  godisgood1 jesuschrist jesus12345 blessed123 loveyou123 lovelylove butterfly1 butterfly123 chocolate1 chocolate123
  strawberry strawberry1 cheesecake sweetheart sweetheart1 babygirl12 babygirl123 beautiful1 beautiful123 sunflower1
  elizabeth1 christopher christopher1 alexander1 alexander123 jonathan12 jonathan123 anthony123 victoria12 victoria123
  slipknot666 metallica1 nirvana1234 linkinpark linkinpark1 greenday123 mustang123 yankees123 cowboys123 lakers12345
  qwertyqwerty asdfghasdfgh zxcvbzxcvb abcabcabcabc abc123abc123 123abc123abc pass123456 pass1234567 passpasspass`
    .split(/\s+/)
    .filter(Boolean),
)
